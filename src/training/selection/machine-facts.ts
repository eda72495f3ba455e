import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { arch, cpus, homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** Packages that engines are made of, with the folders in which their native libraries lie. */
const packages: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-node': [join('bin', 'napi-v6', process.platform, process.arch)],
  'onnxruntime-web': [],
  koffi: [],
  '@tensorflow/tfjs': [],
  '@tensorflow/tfjs-node-gpu': [join('lib', 'napi-v8'), join('deps', 'lib')],
  '@tensorflow/tfjs-node': [join('lib', 'napi-v8'), join('deps', 'lib')],
}
/** Where Linux names graphics cards and their drivers. Other systems name none in files; there, "try again" is how a new card is found. */
const linuxFolders = ['/dev/dri', '/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/proc/driver/nvidia/gpus']
const linuxFiles = [
  '/proc/driver/nvidia/version',
  ...[0, 1, 2, 3].flatMap((card) => ['vendor', 'device'].map((fact) => `/sys/class/drm/card${card}/device/${fact}`)),
]
const variables = ['CUDA_VISIBLE_DEVICES', 'VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'LD_LIBRARY_PATH']

/** All that decides how engines fare here, one fact a line, found without loading a library. Where a fact changes, engines are tried anew. */
export function machineFacts(threads: number): string[] {
  return [
    `processor ${cpus()[0]?.model.trim() ?? 'unknown'}, ${arch()}, ${threads} threads`,
    `Node ${process.versions.node}, ${process.platform}`,
    ...Object.entries(packages).flatMap(([name, folders]) => packageFacts(name, folders)),
    ...linuxFolders.flatMap((folder) => names(folder).map((name) => join(folder, name))),
    ...linuxFiles.flatMap((file) =>
      existsSync(file) ? [`${file} ${readFileSync(file, 'utf8').split('\n', 1)[0]?.trim()}`] : [],
    ),
    ...names('/dev').filter((name) => /^nvidia\d+$/.test(name)),
    ...variables.flatMap((name) => (process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`])),
  ]
}

/** A short name for a machine with these facts. */
export const machineKey = (facts: readonly string[]): string =>
  createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 16)

/** The folder in which the system wants things kept that can be made again. */
export function cacheFolder(): string {
  const given = process.env['XDG_CACHE_HOME']
  if (given !== undefined && given !== '') return join(given, 'mvd-studio')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'mvd-studio')
  if (process.platform === 'win32')
    return join(process.env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'mvd-studio')
  return join(homedir(), '.cache', 'mvd-studio')
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
    // Not installed, which is a fact as well: that engine is missing.
    return undefined
  }
}

/** What a folder holds; nothing where it does not exist. */
const names = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).toSorted() : [])
