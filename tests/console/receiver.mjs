// A receiver in a process of its own: what stands in the path is the status that it answers. It tells its port.
import http from 'node:http';

const server = http.createServer((incoming, reply) => {
  incoming.resume().on('end', () => {
    reply.writeHead(Number(incoming.url.split('/')[1]));
    reply.end();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('disconnect', () => process.exit(0));
