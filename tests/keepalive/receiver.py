"""An HTTP/1.1 receiver of Python's own that closes a connection after 5 s without a request. GET says which ids came."""
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ids = []
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        with lock:
            ids.append(self.headers["webhook-id"])
        self.reply(b"")

    def do_GET(self):
        with lock:
            self.reply(json.dumps(ids).encode())

    def reply(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
sys.stdin.close()
server.serve_forever()
