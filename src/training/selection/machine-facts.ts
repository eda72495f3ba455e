import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { arch, cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { cudaFolder, cudaRecordName } from '#node/onnx-cuda.ts'
import { visibleBefore } from '#node/visible-cards.ts'

/** Packages of engines, with the folders of their native libraries. */
const packages: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-node': [join('bin', 'napi-v6', process.platform, process.arch)],
  'onnxruntime-web': [],
  koffi: [],
  '@tensorflow/tfjs': [],
  '@tensorflow/tfjs-node-gpu': [join('lib', 'napi-v8'), join('deps', 'lib')],
  '@tensorflow/tfjs-node': [join('lib', 'napi-v8'), join('deps', 'lib')],
}
/** Files in which Linux names graphics cards and drivers. Other systems have none; there, a new card is found by trying engines again. */
const linuxFolders = ['/dev/dri', '/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/proc/driver/nvidia/gpus']
const linuxFiles = [
  '/proc/driver/nvidia/version',
  ...[0, 1, 2, 3].flatMap((card) => ['vendor', 'device'].map((fact) => `/sys/class/drm/card${card}/device/${fact}`)),
]
const variables = [
  'CUDA_VISIBLE_DEVICES',
  'CUDA_HOME',
  'CUDA_PATH',
  'VK_DRIVER_FILES',
  'VK_ICD_FILENAMES',
  'LD_LIBRARY_PATH',
]

/** Facts that decide which engines work and how fast, one per line, found without loading a library. If one changes, engines are tried again. */
export function machineFacts(threads: number): string[] {
  return [
    `processor ${cpus()[0]?.model.trim() ?? 'unknown'}, ${arch()}, ${threads} threads`,
    `Node ${process.versions.node}, ${process.platform}`,
    ...Object.entries(packages).flatMap(([name, folders]) => packageFacts(name, folders)),
    ...linuxFolders.flatMap((folder) => names(folder).map((name) => join(folder, name))),
    ...linuxFiles.flatMap((file) =>
      existsSync(file) ? [`${file} ${readFileSync(file, 'utf8').split('\n', 1)[0]?.trim()}`] : [],
    ),
    ...cudaFacts(),
    ...names('/dev').filter((name) => /^nvidia\d+$/.test(name)),
    ...variables.flatMap((name) => {
      const value = variableOf(name)
      return value === undefined ? [] : [`${name}=${value}`]
    }),
  ]
}

/** A run that is bound to cards shares the trials of the whole machine. */
function variableOf(name: string): string | undefined {
  const before = name === 'CUDA_VISIBLE_DEVICES' ? process.env[visibleBefore] : undefined
  return before === undefined ? process.env[name] : before === '' ? undefined : before
}

/** A digest of machine facts. */
export const machineKey = (facts: readonly string[]): string =>
  createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 16)

/** The installed CUDA provider. Its record names the version and the folders of NVIDIA's libraries. */
function cudaFacts(): string[] {
  const record = join(cudaFolder(), cudaRecordName)
  return existsSync(record) ? [`CUDA provider ${readFileSync(record, 'utf8').replaceAll(/\s+/g, ' ')}`] : []
}

function packageFacts(name: string, folders: readonly string[]): string[] {
  const manifest = packageManifest(name)
  if (manifest === undefined) return []
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  const libraries = folders.flatMap((folder) => {
    const path = join(dirname(manifest), folder)
    return names(path).map(
      (file) => `${name} ${file} ${statSync(join(path, file), { throwIfNoEntry: false })?.size ?? 'missing'}`,
    )
  })
  return [`${name} ${version}`, ...libraries]
}

function packageManifest(name: string): string | undefined {
  try {
    return findPackageJSON(name, import.meta.url)
  } catch {
    // Not installed.
    return undefined
  }
}

/** Names of the files in a folder; none if it does not exist. */
const names = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).toSorted() : [])
