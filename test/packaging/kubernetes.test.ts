import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { emptyFolder } from '../support/folder.ts';
import { configuredIn, manifestsIn } from '../support/manifests.ts';
import { runCli } from '../support/program.ts';

/** As much of the manifests as is looked at. */
interface Manifest {
  kind: string;
  metadata: { name: string };
  data: Record<string, string>;
  stringData: Record<string, string>;
  spec: {
    selector: Record<string, unknown>;
    ports: { port: number; targetPort: number | string }[];
    template: { metadata: { labels: object }; spec: PodSpec };
  };
}

interface PodSpec {
  terminationGracePeriodSeconds: number;
  securityContext: object;
  containers: {
    args: string[];
    ports: { name: string; containerPort: number }[];
    volumeMounts: { name: string; mountPath: string }[];
    securityContext: object;
    readinessProbe: { httpGet: { path: string; port: string } };
    livenessProbe: { httpGet: { path: string; port: string } };
  }[];
  volumes: Record<string, unknown>[];
}

const manifests = manifestsIn<Manifest>('relay-broker', 'secret');

function manifest(kind: string): Manifest {
  const found = manifests.find((each) => each.kind === kind);
  assert.ok(found, kind);
  return found;
}

const { template, selector } = manifest('Deployment').spec;
const pod = template.spec;
const [container] = pod.containers;
assert.ok(container);
const configuration = manifest('ConfigMap').data['relay-broker.toml'] ?? '';

const configured = (key: string) => configuredIn(configuration, key);

test('the broker takes its configuration, and drains in the time that it gets', async (t) => {
  const file = join(await emptyFolder(t), 'relay-broker.toml');
  await writeFile(file, configuration);
  const checked = runCli(t, 'relay-broker', ['--config', file, '--check-config']);
  assert.equal(await checked.exited, 0, checked.output);
  assert.ok(Number(configured('drain')) < pod.terminationGracePeriodSeconds);
});

test('what the broker is told to read and write is mounted there', () => {
  const mounted = new Map(container.volumeMounts.map(({ name, mountPath }) => [mountPath, name]));
  const volumes = new Map(pod.volumes.map((volume) => [volume.name, volume]));
  const volumeAt = (path: string) => {
    const { name, ...source } = volumes.get(mounted.get(path.replace(/\/[^/]*$/, ''))) ?? {};
    return source;
  };
  assert.deepEqual(volumeAt(container.args[1] ?? ''), { configMap: { name: 'relay-broker' } });
  assert.deepEqual(volumeAt(configured('state')), {
    persistentVolumeClaim: { claimName: manifest('PersistentVolumeClaim').metadata.name },
  });
  for (const key of ['tokens', 'admin-token-file']) {
    const path = configured(key);
    assert.ok('secret' in volumeAt(path), path);
    assert.ok((path.split('/').at(-1) ?? '') in manifest('Secret').stringData, path);
  }
});

test('the service leads to the ports that the broker has', () => {
  const ports = new Map<unknown, number>(
    container.ports.flatMap(({ name, containerPort }) => [
      [name, containerPort],
      [containerPort, containerPort],
    ]),
  );
  const led = manifest('Service').spec.ports.map(({ targetPort }) => ports.get(targetPort));
  const [from = 0, to = 0] = configured('ports').split('-').map(Number);
  const clients = Array.from({ length: to - from + 1 }, (_, n) => from + n);
  assert.deepEqual(led, [Number(configured('port')), ...clients]);
  assert.equal(ports.get('admin'), Number(configured('admin').split(':').at(-1)));
  assert.deepEqual(manifest('Service').spec.selector, template.metadata.labels);
  assert.deepEqual(selector.matchLabels, template.metadata.labels);
});

test('the pod has few rights, and is asked whether it lives and is ready', () => {
  assert.deepEqual(container.livenessProbe.httpGet, { path: '/healthz', port: 'admin' });
  assert.deepEqual(container.readinessProbe.httpGet, { path: '/readyz', port: 'admin' });
  assert.deepEqual(container.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  assert.deepEqual(pod.securityContext, {
    runAsNonRoot: true,
    runAsUser: 1000,
    runAsGroup: 1000,
    fsGroup: 1000,
    seccompProfile: { type: 'RuntimeDefault' },
  });
});
