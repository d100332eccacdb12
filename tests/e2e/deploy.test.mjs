// The kustomize base: it renders to valid objects that fit each other and the service, and the binary started with exactly
// its files and environment works.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { it } from 'node:test';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Secret } from 'kubernetes-models/v1/Secret';
import { Service } from 'kubernetes-models/v1/Service';
import { suite } from './support/cleanup.mjs';
import { client, request } from './support/http.mjs';
import { exampleSecrets, layOutPod, ofKind, renderBase } from './support/kustomize.mjs';
import { spawnLull } from './support/lull.mjs';
import { freePort, startRedis } from './support/redis.mjs';
import { startSink } from './support/sink.mjs';
import { waitFor, within } from './support/wait.mjs';

const models = { ConfigMap, Deployment, NetworkPolicy, PodDisruptionBudget, Secret, Service };
const podOf = (all) => ofKind(all, 'Deployment').spec.template;

suite('the kustomize base', () => {
  const all = renderBase();

  it('renders to one valid object of each kind', () => {
    assert.deepEqual(all.map(({ kind }) => kind).sort(), ['ConfigMap', 'Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'Service']);
    for (const object of [...all, ...exampleSecrets()]) new models[object.kind](object).validate();
  });

  it('selects its own pods, and serves the port that they listen on', () => {
    const { labels } = podOf(all).metadata;
    const [container] = podOf(all).spec.containers;
    assert.deepEqual(ofKind(all, 'Deployment').spec.selector.matchLabels, labels);
    assert.deepEqual(ofKind(all, 'PodDisruptionBudget').spec.selector.matchLabels, labels);
    assert.deepEqual(ofKind(all, 'Service').spec.selector, labels);
    assert.equal(ofKind(all, 'Service').spec.ports[0].targetPort, container.ports[0].name);
    const urls = [...settingsText(all).matchAll(/"Urls": "http:\/\/\*:(\d+)"/g)].map(([, port]) => Number(port));
    assert.deepEqual(urls, container.ports.map(({ containerPort }) => containerPort));
    const policy = ofKind(all, 'NetworkPolicy').spec;
    assert.deepEqual(policy.podSelector.matchLabels, labels);
    assert.deepEqual(policy.ingress[0].ports.map(({ port }) => port), container.ports.map(({ name }) => name));
  });

  it('probes a listener of its own, and lets a pod go that is not ready', () => {
    const { startupProbe, livenessProbe, readinessProbe } = podOf(all).spec.containers[0];
    for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe]) assert.equal(httpGet.port, 'management');
    assert.equal(ofKind(all, 'PodDisruptionBudget').spec.unhealthyPodEvictionPolicy, 'AlwaysAllow');
  });

  it('gives the drain its time: grace period above the preStop pause and Shutdown:Deadline', () => {
    const { terminationGracePeriodSeconds: grace, containers: [container] } = podOf(all).spec;
    const [, pause] = container.lifecycle.preStop.exec.command;
    const [, deadline] = /"Deadline": "00:00:(\d\d)"/.exec(settingsText(all));
    assert.ok(grace > Number(pause) + Number(deadline), `${grace} s for ${pause} + ${deadline} s`);
  });

  it('runs without privileges and does not write to its image', () => {
    const { securityContext: pod, containers: [container], automountServiceAccountToken } = podOf(all).spec;
    assert.equal(pod.runAsNonRoot, true);
    assert.equal(pod.runAsUser, 10001);
    assert.equal(automountServiceAccountToken, false);
    const { readOnlyRootFilesystem, allowPrivilegeEscalation, capabilities } = container.securityContext;
    assert.deepEqual({ readOnlyRootFilesystem, allowPrivilegeEscalation, capabilities },
      { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
  });

  it('refers only to Secrets that the example shows', () => {
    const shown = Object.fromEntries(exampleSecrets().map(({ metadata, stringData }) => [metadata.name, stringData]));
    const { containers: [container], volumes } = podOf(all).spec;
    const mounted = volumes.filter(({ secret }) => secret).map(({ secret }) => secret.secretName);
    const referred = container.env.filter(({ valueFrom }) => valueFrom).map(({ valueFrom }) => valueFrom.secretKeyRef);
    for (const { name, key } of referred) assert.ok(key in shown[name], `${name}/${key}`);
    assert.deepEqual([...mounted, ...referred.map(({ name }) => name)].sort(), Object.keys(shown).sort());
  });

  it('starts the binary: probes answer, the API wants its key, a notification arrives', async () => {
    const redis = await startRedis({ options: { requirepass: 'only-in-this-test' } });
    const sink = await startSink();
    const [port, management] = [await freePort(), await freePort()];
    const key = randomBytes(24).toString('base64url');
    const secrets = filledIn({ connectionString: redis.connectionString, key });
    const pod = layOutPod(all, secrets, (text) => text.replace('http://*:8080', `http://*:${port}`).replace('http://*:8081', `http://*:${management}`));
    const lull = spawnLull({ command: pod.args, cwd: pod.cwd, env: { ...pod.env, ...reachLoopback } });
    const origin = `http://${addressOfThisMachine()}:${port}`;
    const health = `http://${addressOfThisMachine()}:${management}`;

    const { startupProbe, livenessProbe, readinessProbe } = podOf(all).spec.containers[0];
    await waitFor('the pod is ready', async () => {
      assert.equal(lull.ended, undefined, lull.output);
      return (await request('GET', health + readinessProbe.httpGet.path)).status === 200;
    });
    for (const { httpGet } of [startupProbe, livenessProbe]) {
      assert.equal((await request('GET', health + httpGet.path)).status, 200);
    }

    const body = { name: 'receiver', url: sink.url, changeTypes: 1 };
    const stranger = client(`${origin}/api/v1`);
    assert.equal((await stranger.post('/endpoints', body)).status, 401);
    const holder = stranger.with({ Authorization: `Bearer ${key}` });
    assert.equal((await holder.post('/endpoints', body)).status, 201);
    const event = { type: 'AssetCreated', itemId: 4711, baseId: 12 };
    assert.equal((await holder.post('/events', event)).status, 202);
    const [notification] = await sink.received(1);
    assert.equal(notification.body, '{"ChangeType":1,"Data":{"ItemId":4711,"BaseId":12}}');

    lull.child.kill('SIGTERM');
    assert.deepEqual(await within(10_000, 'the pod stops', lull.exited), { code: 0, signal: null }, lull.output);
    const warnings = lull.log.filter(({ level }) => !['Trace', 'Debug', 'Information'].includes(level));
    assert.deepEqual(warnings, [], 'the base starts without a warning');
    assert.ok(!lull.output.includes(key) && !lull.output.includes(redis.password), 'a secret is in the log');
  });
});

const settingsText = (all) => ofKind(all, 'ConfigMap').data['appsettings.Production.json'];

// Beyond the base: the receiver of this test is on loopback, and it shall not wait long.
const reachLoopback = {
  Egress__AllowedNetworks: '127.0.0.0/8',
  Egress__AllowedPorts: '1-65535',
  Debouncing__Interval: '00:00:00.200',
};

// The example's Secrets with every placeholder filled in.
function filledIn({ connectionString, key }) {
  const values = {
    Redis__ConnectionString: connectionString,
    Authentication__ApiKeys__0__Name: 'deploy test',
    Authentication__ApiKeys__0__Sha256: createHash('sha256').update(key).digest('hex'),
    keys: randomBytes(32).toString('base64'),
  };
  return Object.fromEntries(exampleSecrets().map(({ metadata, stringData }) =>
    [metadata.name, Object.fromEntries(Object.entries(stringData).map(([name, text]) => [name, values[name] ?? text]))]));
}

// As a probe reaches a pod: not by loopback, where this machine has another address.
function addressOfThisMachine() {
  const outward = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal);
  return outward?.address ?? '127.0.0.2';
}
