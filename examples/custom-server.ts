// A registrant by hand: what the agent does, without reconnecting.
// Run: node examples/custom-server.ts <relay host> <control port> <target>
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { dialBackAndPipe } from 'relay-broker';

const [host = 'localhost', port = '8080', target = '3000'] = process.argv.slice(2);

const control = connect(Number(port), host, () => {
  console.log(`Registered with ${host}:${port}; its log tells where clients can reach ${target}.`);
});
control.on('error', (error) => console.error(`No relay at ${host}:${port}: ${error.message}`));
for await (const line of createInterface(control)) {
  const backConnectPort = Number(/^\[NEW\] (\d{1,5})$/.exec(line)?.[1]);
  dialBackAndPipe({ host: control.remoteAddress ?? host, port: backConnectPort, target }).then(
    ({ bytesToServer, bytesToClient }) => console.log(`in ${bytesToServer}, out ${bytesToClient}`),
    (error) => console.error(error.message),
  );
}
