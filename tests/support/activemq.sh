#!/usr/bin/env bash
# An ActiveMQ of a test's own, from Debian's activemq, on loopback only.
#   activemq.sh start <folder> <STOMP port> <STOMP port with TLS> <MQTT port> [<OpenWire port>]   runs it in the foreground, until it is killed
#   activemq.sh consume <folder> <user> <OpenWire port> <queue> <count>   takes so many messages out of a queue by OpenWire; prints each
# The folder holds everything: data, log, and the certificates (made by the first start): ca.pem, and tls.p12 of localhost. A second start in
# the same folder finds the data of the first. The password of all users is `hare-and-hounds`: `lull` may do what docs/brokers.md says that Lull
# needs, `customer-17` may read its queue and nothing else, `operator` may do everything. A frame holds at most 64 KiB.
set -euo pipefail

action=$1
shift

certificates() {
  [ ! -e "$folder/tls.p12" ] || return 0
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=Lull test authority' -keyout "$folder/ca.key" -out "$folder/ca.pem"
  openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout "$folder/tls.key" -out "$folder/tls.csr"
  openssl x509 -req -in "$folder/tls.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -CAcreateserial -days 2 -out "$folder/tls.pem" \
    -extfile <(echo 'subjectAltName=DNS:localhost')
  openssl pkcs12 -export -in "$folder/tls.pem" -inkey "$folder/tls.key" -name localhost -passout pass:hare-and-hounds -out "$folder/tls.p12"
}

configuration() {
  local stomp=$1 tls=$2 mqtt=$3 openwire=''
  [ $# -lt 4 ] || openwire="<transportConnector name=\"openwire\" uri=\"tcp://127.0.0.1:$4\"/>"
  cat <<XML
<beans xmlns="http://www.springframework.org/schema/beans" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.springframework.org/schema/beans http://www.springframework.org/schema/beans/spring-beans-2.0.xsd
  http://activemq.apache.org/schema/core http://activemq.apache.org/schema/core/activemq-core.xsd">
  <broker xmlns="http://activemq.apache.org/schema/core" useJmx="false" brokerName="lull" dataDirectory="$folder/data" schedulePeriodForDestinationPurge="0">
    <persistenceAdapter><kahaDB directory="$folder/data/kahadb"/></persistenceAdapter>
    <plugins>
      <simpleAuthenticationPlugin>
        <users>
          <authenticationUser username="operator" password="hare-and-hounds" groups="operators"/>
          <authenticationUser username="lull" password="hare-and-hounds" groups="publishers"/>
          <authenticationUser username="customer-17" password="hare-and-hounds" groups="customers"/>
        </users>
      </simpleAuthenticationPlugin>
      <authorizationPlugin><map><authorizationMap><authorizationEntries>
        <authorizationEntry queue=">" read="operators" write="operators" admin="operators"/>
        <authorizationEntry topic=">" read="operators" write="operators" admin="operators"/>
        <authorizationEntry queue="customer-&gt;" read="operators" write="operators" admin="operators"/>
        <authorizationEntry queue="customers.&gt;" read="operators" write="operators,publishers" admin="operators,publishers"/>
        <authorizationEntry queue="customers.17" read="operators,customers" write="operators,publishers" admin="operators,publishers"/>
        <authorizationEntry queue="customers.17.openwire" read="operators,customers" write="operators,publishers" admin="operators,publishers"/>
        <authorizationEntry queue="Consumer.customer-17:AT_LEAST_ONCE.VirtualTopic.customers.&gt;" read="operators,customers" write="operators,publishers" admin="operators,publishers,customers"/>
        <authorizationEntry topic="VirtualTopic.customers.&gt;" read="operators,customers" write="operators" admin="operators,customers"/>
        <authorizationEntry topic="ActiveMQ.Advisory.&gt;" read="operators,publishers,customers" write="operators,publishers,customers" admin="operators,publishers,customers"/>
      </authorizationEntries></authorizationMap></map></authorizationPlugin>
    </plugins>
    <sslContext><sslContext keyStore="file:$folder/tls.p12" keyStoreType="PKCS12" keyStorePassword="hare-and-hounds"/></sslContext>
    <transportConnectors>
      <transportConnector name="stomp" uri="stomp://127.0.0.1:$stomp?wireFormat.maxDataLength=65536"/>
      <transportConnector name="stomp-tls" uri="stomp+ssl://127.0.0.1:$tls?wireFormat.maxDataLength=65536"/>
      <transportConnector name="mqtt" uri="mqtt://127.0.0.1:$mqtt?transport.subscriptionStrategy=mqtt-virtual-topic-subscriptions"/>
      $openwire
    </transportConnectors>
  </broker>
</beans>
XML
}

# A tool of ActiveMQ's own in the folder, with a heap of so many MiB
tool() {
  local folder=$1 heap=$2
  shift 2
  exec java -Xms32m "-Xmx${heap}m" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Djava.io.tmpdir="$folder/tmp" -Dlog4j.configuration="file:$folder/log4j.properties" \
    -Dactivemq.home=/usr/share/activemq -Dactivemq.base="$folder" -Dactivemq.conf="$folder" -Dactivemq.data="$folder/data" \
    -jar /usr/share/activemq/bin/activemq.jar "$@"
}

start() {
  folder=$1
  shift
  mkdir -p "$folder/tmp" "$folder/lib"
  # Debian's activemq-mqtt.jar needs it, and leaves it out.
  ln -sf /usr/share/java/mqtt-client.jar "$folder/lib/"
  certificates >"$folder/openssl.log" 2>&1
  configuration "$@" >"$folder/activemq.xml"
  cat >"$folder/log4j.properties" <<'CONF'
log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %-5p %m%n
CONF
  tool "$folder" 256 start "xbean:file:$folder/activemq.xml"
}

consume() {
  tool "$1" 64 consumer --user "$2" --password hare-and-hounds --brokerUrl "tcp://127.0.0.1:$3" --destination "queue://$4" --messageCount "$5"
}

case $action in
  start) start "$@" ;;
  consume) consume "$@" ;;
esac
