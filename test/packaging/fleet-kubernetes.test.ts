import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { nkeys } from '@nats-io/transport-node';
import { emptyFolder } from '../support/folder.ts';
import { configuredIn, manifestsIn } from '../support/manifests.ts';
import { isThere, needs } from '../support/needs.ts';
import { runCli } from '../support/program.ts';

const FILES = ['fleet', 'fleet-nats', 'fleet-secret'];

/** As much of the manifests as is looked at. */
interface Manifest {
  kind: string;
  metadata: { name: string };
  data: Record<string, string>;
  stringData: Record<string, string>;
  spec: {
    serviceName: string;
    replicas: number;
    maxUnavailable: number;
    clusterIP?: string;
    publishNotReadyAddresses?: boolean;
    selector: Record<string, unknown>;
    ports: { name: string; port: number; targetPort: string }[];
    template: { metadata: { labels: object }; spec: PodSpec };
    volumeClaimTemplates?: { metadata: { name: string } }[];
  };
}

interface PodSpec {
  terminationGracePeriodSeconds: number;
  securityContext: { runAsNonRoot: boolean; runAsUser: number };
  topologySpreadConstraints: { topologyKey: string; whenUnsatisfiable: string }[];
  containers: Container[];
  volumes: { name: string; secret?: { items: { key: string; path: string }[] } }[];
}

interface Container {
  args: string[];
  env: { name: string; value?: string; valueFrom?: { secretKeyRef?: { key: string } } }[];
  ports: { name: string; containerPort: number }[];
  volumeMounts: { name: string; mountPath: string }[];
  securityContext: object;
  readinessProbe: { httpGet: { port: string } };
  livenessProbe: { httpGet: { port: string } };
  lifecycle: { preStop: { exec: { command: string[] } } };
}

const manifests = manifestsIn<Manifest>(...FILES);

function manifest(kind: string, name: string): Manifest {
  const found = manifests.find((each) => each.kind === kind && each.metadata.name === name);
  assert.ok(found, `${kind} ${name}`);
  return found;
}

function podOf(name: string) {
  const { template, ...set } = manifest('StatefulSet', name).spec;
  const [container] = template.spec.containers;
  assert.ok(container);
  return { set, container, labels: template.metadata.labels, pod: template.spec };
}

const brokers = podOf('relay-broker');
const nats = podOf('nats');
const configuration = manifest('ConfigMap', 'relay-broker').data['relay-broker.toml'] ?? '';
const configured = (key: string) => configuredIn(configuration, key);
const secret = manifest('Secret', 'relay-broker').stringData;

/** What a service leads to, with the port of the container. */
function ledTo(
  service: Manifest,
  container: Container,
): [name: string, port: number | undefined][] {
  const ports = new Map(container.ports.map(({ name, containerPort }) => [name, containerPort]));
  return service.spec.ports.map(({ name, targetPort }) => [name, ports.get(targetPort)]);
}

test('each broker takes its configuration under a name of its own, and drains in the time that it gets', async (t) => {
  const file = join(await emptyFolder(t), 'relay-broker.toml');
  await writeFile(file, configuration);
  const { args, env, lifecycle } = brokers.container;
  for (const n of [0, 1, 2]) {
    const given = args
      .map((arg) => arg.replace('$(POD_NAME)', `relay-broker-${n}`))
      .map((arg, at) => (args[at - 1] === '--config' ? file : arg));
    const printed = runCli(t, 'relay-broker', [...given, '--print-config']);
    assert.equal(await printed.exited, 0, printed.output);
    assert.match(printed.output, new RegExp(`^advertise = "relay-broker-${n}\\.relay\\.`, 'm'));
    assert.ok(manifest('Service', `relay-broker-${n}`), 'by which others reach it');
  }
  assert.ok(env.some(({ name, value }) => name === 'RELAY_STATE' && value === ''));
  const [, pause] = lifecycle.preStop.exec.command;
  const needed = Number(pause) + Number(configured('drain'));
  assert.ok(needed < brokers.pod.terminationGracePeriodSeconds);
});

test('the brokers know every NATS server, by the name and the port that it has', () => {
  const servers = JSON.parse(/^cluster = (\[.*\])$/m.exec(configuration)?.[1] ?? '[]');
  const { replicas, serviceName } = nats.set;
  const expected = Array.from(
    { length: replicas },
    (_, n) => `nats://nats-${n}.${serviceName}:4222`,
  );
  assert.deepEqual(servers, expected);
  assert.equal(replicas, 3);
  const service = manifest('Service', serviceName);
  assert.equal(service.spec.clusterIP, 'None');
  assert.equal(service.spec.publishNotReadyAddresses, true, 'they find each other before');
  assert.deepEqual(ledTo(service, nats.container), [
    ['client', 4222],
    ['routes', 6222],
  ]);
});

test('services lead to the ports that the brokers have, and to one broker where they are for one', () => {
  const { container, labels, set } = brokers;
  assert.equal(set.replicas, 3);
  assert.equal(manifest('Service', set.serviceName).spec.clusterIP, 'None');
  const clients = manifest('Service', 'relay-broker');
  assert.deepEqual(ledTo(clients, container), [
    ['https', Number(configured('tls-names'))],
    ['http', Number(configured('http-names'))],
  ]);
  assert.deepEqual(clients.spec.selector, labels);
  for (const n of [0, 1, 2]) {
    const service = manifest('Service', `relay-broker-${n}`);
    assert.deepEqual(service.spec.selector, {
      ...labels,
      'statefulset.kubernetes.io/pod-name': `relay-broker-${n}`,
    });
    assert.deepEqual(ledTo(service, container), [
      ['control', Number(configured('port'))],
      ['cluster', Number(configured('cluster-port'))],
    ]);
    for (const { port, targetPort } of service.spec.ports) {
      const inside = container.ports.find(({ name }) => name === targetPort)?.containerPort;
      assert.equal(port, inside, 'it says itself which ones these are');
    }
  }
});

test('secrets are in the file of secrets, and each of both gets its own', () => {
  const items = brokers.pod.volumes.find((volume) => volume.secret)?.secret?.items ?? [];
  const mount = brokers.container.volumeMounts.find(({ name }) => name === 'secret')?.mountPath;
  const paths = ['cluster-nkey', 'tokens', 'admin-token-file'].map(configured);
  assert.deepEqual(items.map(({ path }) => `${mount}/${path}`).sort(), paths.sort());
  const ofNats = nats.container.env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.key ?? []);
  assert.deepEqual([...items.map(({ key }) => key), ...ofNats].sort(), Object.keys(secret).sort());
});

for (const [name, { set, pod, container, labels }] of Object.entries({ brokers, nats })) {
  test(`what takes one of the ${name} does not take two, and they have few rights`, () => {
    const app = name === 'nats' ? 'nats' : 'relay-broker';
    const budget = manifest('PodDisruptionBudget', app).spec;
    assert.equal(budget.maxUnavailable, 1);
    assert.deepEqual(budget.selector.matchLabels, labels);
    assert.deepEqual(set.selector.matchLabels, labels);
    const [spread] = pod.topologySpreadConstraints;
    assert.equal(spread?.topologyKey, 'kubernetes.io/hostname');
    assert.equal(spread.whenUnsatisfiable, 'DoNotSchedule');
    for (const probe of [container.livenessProbe, container.readinessProbe]) {
      assert.ok(container.ports.some((port) => port.name === probe.httpGet.port));
    }
    assert.equal(pod.securityContext.runAsNonRoot, true);
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const there = new Set([
      ...pod.volumes.map((volume) => volume.name),
      ...(set.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name),
    ]);
    assert.deepEqual(new Set(container.volumeMounts.map((mount) => mount.name)), there);
  });
}

test('a NATS server takes its configuration', needs('nats-server'), async (t) => {
  const file = join(await emptyFolder(t), 'nats.conf');
  await writeFile(file, manifest('ConfigMap', 'nats').data['nats.conf'] ?? '');
  const env = { ...process.env, POD_NAME: 'nats-0', NATS_USER: nkeys.createUser().getPublicKey() };
  await promisify(execFile)('nats-server', ['-t', '--config', file], { env });
});

// CI has none, as no package of Debian's knows all kinds.
if (isThere('kubectl')) {
  test('kubectl can read every kind, and keeps all that is said of the pods', async () => {
    for (const file of FILES) {
      // Of all commands that ask no cluster, the one that looks at types.
      const image = ['set', 'image', '--local', '--output', 'json', '*=changed'];
      const read = await promisify(execFile)('kubectl', [
        ...image,
        ...['--filename', `examples/kubernetes/${file}.yaml`],
      ]).catch((error: { stdout: string; stderr: string }) => error);
      assert.doesNotMatch(read.stderr, /unable to decode/);
      if (read.stdout === '') continue;
      const set = JSON.parse(read.stdout);
      const lost = pathsOf(manifest('StatefulSet', set.metadata.name)).filter(
        (path) => !pathsOf(set).includes(path),
      );
      assert.deepEqual(lost, []);
    }
  });
}

/** Every key that says something, with those that lead to it. */
function pathsOf(value: unknown, path = ''): string[] {
  if (value === '') return [];
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, each]) => pathsOf(each, `${path}/${key}`));
}
