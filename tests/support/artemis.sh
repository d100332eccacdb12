#!/usr/bin/env bash
# An ActiveMQ Artemis of a test's own, on loopback only.
#   artemis.sh start <folder> <port> <TLS port> <stock port>   runs it in the foreground, until it is killed; all ports speak AMQP, STOMP and MQTT
# The stock port has no anycastPrefix, as the acceptors of the broker.xml that `artemis create` writes.
# ARTEMIS_HOME is where it was unpacked (tests/prove/artemis). The folder holds everything: instance, data, log, and the certificates (made by
# the first start): ca.pem, and tls.p12 of localhost. A second start in the same folder finds the data of the first. The password of all users
# is `hare-and-hounds`: `lull` may write to the queues customers.#, `customer-17` may read customers.17, `operator` may do everything.
# customers.full.fail rejects and customers.full.block stalls whoever writes more than it holds.
set -euo pipefail

action=$1
folder=$2
shift 2

certificates() {
  [ ! -e "$folder/tls.p12" ] || return 0
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=Lull test authority' -keyout "$folder/ca.key" -out "$folder/ca.pem"
  openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout "$folder/tls.key" -out "$folder/tls.csr"
  openssl x509 -req -in "$folder/tls.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -CAcreateserial -days 2 -out "$folder/tls.pem" \
    -extfile <(echo 'subjectAltName=DNS:localhost')
  openssl pkcs12 -export -in "$folder/tls.pem" -inkey "$folder/tls.key" -name localhost -passout pass:hare-and-hounds -out "$folder/tls.p12"
}

# permissions <match> <who makes queues> <who sends> <who consumes>
permissions() {
  cat <<XML
      <security-setting match="$1">
        <permission type="createAddress" roles="$2"/><permission type="createDurableQueue" roles="$2"/>
        <permission type="createNonDurableQueue" roles="operators"/><permission type="send" roles="$3"/>
        <permission type="consume" roles="$4"/><permission type="browse" roles="$4"/>
      </security-setting>
XML
}

# full <match> <policy>
full() {
  cat <<XML
      <address-setting match="$1"><max-size-bytes>40000</max-size-bytes><address-full-policy>$2</address-full-policy></address-setting>
XML
}

configuration() {
  local port=$1 tls=$2 stock=$3 options='protocols=AMQP,STOMP,MQTT;anycastPrefix=/queue/;amqpCredits=50;amqpLowCredits=10'
  cat <<XML
<configuration xmlns="urn:activemq">
  <core xmlns="urn:activemq:core">
    <name>lull</name>
    <journal-type>NIO</journal-type>
    <paging-directory>$folder/data/paging</paging-directory>
    <bindings-directory>$folder/data/bindings</bindings-directory>
    <journal-directory>$folder/data/journal</journal-directory>
    <large-messages-directory>$folder/data/large-messages</large-messages-directory>
    <acceptors>
      <acceptor name="plain">tcp://127.0.0.1:$port?$options</acceptor>
      <acceptor name="tls">tcp://127.0.0.1:$tls?sslEnabled=true;keyStorePath=$folder/tls.p12;keyStoreType=PKCS12;keyStorePassword=hare-and-hounds;$options</acceptor>
      <acceptor name="stock">tcp://127.0.0.1:$stock?protocols=AMQP,STOMP,MQTT</acceptor>
    </acceptors>
    <security-settings>
$(permissions '#' operators operators operators)
$(permissions 'customers.#' operators,publishers operators,publishers operators)
$(permissions 'customers.17' operators,publishers operators,publishers operators,customers)
$(permissions '/queue/customers.#' operators,publishers operators,publishers operators)
    </security-settings>
    <address-settings>
      <address-setting match="#"><auto-delete-queues>false</auto-delete-queues><auto-delete-addresses>false</auto-delete-addresses></address-setting>
$(full customers.full.fail FAIL)
$(full customers.full.block BLOCK)
    </address-settings>
  </core>
</configuration>
XML
}

start() {
  local instance=$folder/instance
  mkdir -p "$folder"
  if [ ! -e "$instance/bin/artemis" ]; then
    certificates >"$folder/openssl.log" 2>&1
    "$ARTEMIS_HOME/bin/artemis" create "$instance" --user operator --password hare-and-hounds --require-login --silent --no-web --nio --no-autotune
    printf '%s = hare-and-hounds\n' operator lull customer-17 >"$instance/etc/artemis-users.properties"
    printf 'operators = operator\npublishers = lull\ncustomers = customer-17\n' >"$instance/etc/artemis-roles.properties"
  fi
  configuration "$@" >"$instance/etc/broker.xml"
  exec "$instance/bin/artemis" run
}

case $action in
  start) start "$@" ;;
esac
