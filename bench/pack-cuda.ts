import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { formatBytes } from '#contract/format.ts'
import { cudaRecipe } from '#main/engines/cuda.ts'
import { cudaFolder } from '#node/onnx-cuda.ts'
import { trimProvider } from './card/trim-provider.ts'

/**
 * Packs ONNX Runtime with its CUDA provider for one architecture of cards, small enough to be sent to a machine that is rented by the minute:
 * `mvd-studio/onnx-cuda`, to be given to `card --data`. Downloads both packages unless they are in the cache.
 */
const { values } = parseArgs({
  options: {
    architecture: { type: 'string', default: '90' },
    out: { type: 'string' },
  },
})
const limitMib = 64
const file = resolve(values.out ?? `out/onnx-cuda-sm${values.architecture}.tar.xz`)
const say = (line: string): void => void process.stdout.write(`${line}\n`)

const data = mkdtempSync(join(tmpdir(), 'mvd-studio-cuda-'))
process.once('exit', () => rmSync(data, { recursive: true, force: true }))
process.env['XDG_DATA_HOME'] = data

await cudaRecipe('npm').make({
  nodePath: process.execPath,
  signal: new AbortController().signal,
  onProgress: say,
  verify: () => Promise.resolve(),
})
const provider = join(cudaFolder(), 'libonnxruntime_providers_cuda.so')
const library = readFileSync(provider)
const { keptBytes, blankedBytes } = trimProvider(library, Number(values.architecture))
writeFileSync(provider, library)
say(`Kept ${formatBytes(keptBytes)} of GPU code, removed ${formatBytes(blankedBytes)}.`)

mkdirSync(dirname(file), { recursive: true })
const { error, status, stderr } = spawnSync(
  'tar',
  ['--create', '--use-compress-program', 'xz -9 -T0', '--file', file, '--directory', data, 'mvd-studio'],
  { encoding: 'utf8' },
)
if (error !== undefined || status !== 0) {
  process.stderr.write(`The archive could not be written: ${error?.message ?? stderr.trim()}\n`)
  process.exit(1)
}
const packedBytes = statSync(file).size
say(`${file}: ${formatBytes(packedBytes)}`)
if (packedBytes > limitMib * 2 ** 20) {
  process.stderr.write(`The packed file has ${formatBytes(packedBytes)}, more than the limit of ${limitMib} MiB.\n`)
  process.exit(1)
}
