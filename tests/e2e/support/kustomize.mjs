// The kustomize base as objects, and its pod's files and environment laid out in a folder, so that a test can start the
// binary with exactly what a pod gives it.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { temporaryDirectory } from './cleanup.mjs';
import { repository } from './lull.mjs';

const folder = join(repository, 'deploy/kustomize');
const objects = (text) => parseAllDocuments(text).map((document) => document.toJS());

/** What `kubectl apply -k` would send. */
export function renderBase() {
  return objects(execFileSync('kubectl', ['kustomize', join(folder, 'base')], { encoding: 'utf8' }));
}

/** The Secrets that an operator makes, as the example shows them. */
export function exampleSecrets() {
  return objects(readFileSync(join(folder, 'secrets.example.yaml'), 'utf8'));
}

export function ofKind(all, kind) {
  const found = all.filter((object) => object.kind === kind);
  if (found.length !== 1) throw new Error(`${found.length} objects of kind ${kind}`);
  return found[0];
}

/**
 * Lays out what the pod's container sees: `/app` of the image, and its volumes. `secrets` maps a Secret's name to its
 * data; `relocate` rewrites text (paths and ports that a test cannot use as they are).
 * @returns {{cwd, args, env}}
 */
export function layOutPod(all, secrets, relocate) {
  const root = temporaryDirectory('pod');
  const moved = (text) => relocate(text.replaceAll('/run/secrets/', `${root}/run/secrets/`));
  const { containers: [container], volumes } = ofKind(all, 'Deployment').spec.template.spec;
  mkdirSync(join(root, 'app'));
  cpSync(join(repository, 'appsettings.json'), join(root, 'app/appsettings.json'));
  for (const mount of container.volumeMounts) {
    const volume = volumes.find(({ name }) => name === mount.name);
    const data = volume.secret ? secrets[volume.secret.secretName] : ofKind(all, 'ConfigMap').data;
    if (mount.subPath) write(join(root, mount.mountPath), moved(data[mount.subPath]));
    else mountAsKubernetesDoes(join(root, mount.mountPath), data);
  }
  const env = container.env.map(({ name, value, valueFrom }) => {
    const secret = valueFrom?.secretKeyRef;
    return [name, secret ? secrets[secret.name][secret.key] : value];
  });
  return { cwd: join(root, 'app'), args: container.args.map(moved), env: Object.fromEntries(env) };
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

// The kubelet puts the files into a dated folder, `..data` points to that, and each name is a link through it.
function mountAsKubernetesDoes(path, data) {
  const dated = '..2026_11_23_12_00_00.000000001';
  for (const [name, text] of Object.entries(data)) write(join(path, dated, name), text);
  symlinkSync(dated, join(path, '..data'));
  for (const name of Object.keys(data)) symlinkSync(join('..data', name), join(path, name));
}
