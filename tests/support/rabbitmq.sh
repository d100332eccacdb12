#!/usr/bin/env bash
# A RabbitMQ of a test's own, from Debian's rabbitmq-server, on loopback only.
#   rabbitmq.sh start <folder> <AMQP port> <TLS port> <port of the node> <port of epmd>   runs it in the foreground, until it is killed
#   rabbitmq.sh ctl <folder> <arguments…>                                                rabbitmqctl of that node
# The folder holds everything: data, log, and the certificates (made by the first start): ca.pem, and tls.pem of localhost. A second
# start in the same folder finds the data of the first. Virtual host /no/uio/fs; the password of all users is `hare-and-hounds`: `lull` may do
# everything, `lull-narrow` and `customer-17` may do what docs/brokers.md says that Lull and those who read need.
set -euo pipefail

readonly bin=/usr/lib/rabbitmq/bin
action=$1
folder=$2
shift 2

# What both the server and rabbitmqctl must agree on. Nothing of the machine's own RabbitMQ is read.
node_environment() {
  local epmd
  epmd=$(cat "$folder/epmd.port")
  export HOME="$folder" RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_NODENAME=lull@localhost
  export ERL_EPMD_PORT="$epmd" ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_LOG_BASE="$folder/log" RABBITMQ_MNESIA_BASE="$folder/data"
  export RABBITMQ_CONFIG_FILE="$folder/rabbitmq.conf" RABBITMQ_ENABLED_PLUGINS_FILE="$folder/plugins"
  export RABBITMQ_PID_FILE="$folder/pid" RABBITMQ_GENERATED_CONFIG_DIR="$folder/config"
}

certificates() {
  [ ! -e "$folder/tls.pem" ] || return 0
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=Lull test authority' -keyout "$folder/ca.key" -out "$folder/ca.pem"
  openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout "$folder/tls.key" -out "$folder/tls.csr"
  openssl x509 -req -in "$folder/tls.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -CAcreateserial -days 2 -out "$folder/tls.pem" \
    -extfile <(echo 'subjectAltName=DNS:localhost')
}

definitions() {
  cat <<'JSON'
{"vhosts": [{"name": "/no/uio/fs"}],
 "users": [
  {"name": "lull", "password": "hare-and-hounds", "tags": "administrator"},
  {"name": "lull-narrow", "password": "hare-and-hounds", "tags": ""},
  {"name": "customer-17", "password": "hare-and-hounds", "tags": ""}],
 "permissions": [
  {"user": "lull", "vhost": "/no/uio/fs", "configure": ".*", "write": ".*", "read": ".*"},
  {"user": "lull-narrow", "vhost": "/no/uio/fs", "configure": "^customer-", "write": "^(ex_fs_messages|amq\\.default)$", "read": "^$"},
  {"user": "customer-17", "vhost": "/no/uio/fs", "configure": "^$", "write": "^$", "read": "^customer-17$"}]}
JSON
}

start() {
  local amqp=$1 tls=$2 node=$3 epmd=$4
  mkdir -p "$folder"
  echo "$epmd" >"$folder/epmd.port"
  certificates >"$folder/openssl.log" 2>&1
  echo '[].' >"$folder/plugins"
  cat >"$folder/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$amqp
listeners.ssl.1 = 127.0.0.1:$tls
ssl_options.cacertfile = $folder/ca.pem
ssl_options.certfile = $folder/tls.pem
ssl_options.keyfile = $folder/tls.key
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = false
load_definitions = $folder/definitions.json
max_message_size = 65536
CONF
  definitions >"$folder/definitions.json"
  node_environment
  export RABBITMQ_DIST_PORT="$node" RABBITMQ_ALLOW_INPUT=1
  export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-noinput -kernel inet_dist_use_interface {127,0,0,1}"
  # The node would leave an epmd of its own behind. This one ends with whoever ends the node: it is in the same process group.
  epmd -address 127.0.0.1 -port "$epmd" &
  exec "$bin/rabbitmq-server"
}

case $action in
  start) start "$@" ;;
  ctl)
    node_environment
    exec "$bin/rabbitmqctl" --node lull@localhost "$@"
    ;;
esac
