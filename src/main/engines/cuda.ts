import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import { writeJson } from '#node/json-file.ts'
import { type CudaInstallation, cudaFolderName, cudaRecordName } from '#node/onnx-cuda.ts'
import { dataFolder } from '#node/user-folders.ts'
import { download, forget, type PinnedPackage, unpack } from './download.ts'
import { packageFolder, type Recipe, runCommand } from './install.ts'

/** Where ONNX Runtime's CUDA provider comes from. */
export const cudaSources = ['npm', 'nuget'] as const
export type CudaSource = (typeof cudaSources)[number]

/** The CUDA 13 provider of ONNX Runtime 1.29.0 and the library of the same version, since they share data structures. */
const version = '1.29.0'
const core: PinnedPackage = {
  name: 'onnxruntime-node',
  version,
  integrity: 'sha512-WjiVVB72riILz8HbYvxvmjKyE/WmkYoSfKY++axo5jAR609HQg8MwiG/HhShpTcJfmmAdzxxmB+MMST3A+SiPA==',
}

/** Contents of the two packages for a system: paths in the archive. */
interface Files {
  readonly provider: PinnedPackage
  readonly fromProvider: readonly string[]
  readonly fromCore: readonly string[]
}

const filesOf: Readonly<Record<string, Files>> = {
  'linux-x64': {
    provider: {
      name: 'com.github.asus4.onnxruntime.linux-x64-gpu',
      version: '0.4.9',
      integrity: 'sha512-FopIhNE/Ng+v2X65wVc9clPCBCvhvA53Hxo2U0Kf5fGdVsC7iCA+mZ0KLWggcQAj7TIZ6pNidR4AC10g74Xo6w==',
    },
    fromProvider: ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'].map(
      (name) => `package/Plugins/Linux/x64/${name}`,
    ),
    fromCore: ['package/bin/napi-v6/linux/x64/libonnxruntime.so.1'],
  },
  'win32-x64': {
    provider: {
      name: 'com.github.asus4.onnxruntime.win-x64-gpu',
      version: '0.4.9',
      integrity: 'sha512-7NmfN9HPYqgjhUSxXBzcAuAI86oPldtmDDF1Ks2646YHU5E+X62fY6xKP/wfVLSUPCBib+4uo4OYnIKx8BxLNA==',
    },
    fromProvider: ['onnxruntime_providers_cuda.dll', 'onnxruntime_providers_shared.dll'].map(
      (name) => `package/Plugins/Windows/x64/${name}`,
    ),
    fromCore: ['onnxruntime.dll', 'DirectML.dll', 'dxcompiler.dll', 'dxil.dll'].map(
      (name) => `package/bin/napi-v6/win32/x64/${name}`,
    ),
  },
}

/**
 * ONNX Runtime with its CUDA provider.
 * @param libraries a folder of NVIDIA's libraries (CUDA, cuDNN), or of an installation that contains them
 * @throws StudioError `engine-unavailable` on a system without a CUDA provider, `bad-request` if the folder has no such library
 */
export function cudaRecipe(source: CudaSource, libraries?: string): Recipe {
  const givenFolders = libraries === undefined ? [] : foldersBelow(libraries)
  return source === 'npm' ? fromNpm(givenFolders) : fromNuGet(givenFolders)
}

/** CUDA 13, from the npm registry, into the user's data folder. */
function fromNpm(givenFolders: readonly string[]): Recipe {
  const files = filesOf[`${process.platform}-${process.arch}`]
  if (files === undefined) throw unsupported('Linux and Windows on x64')
  const { provider, fromProvider, fromCore } = files
  return {
    title: `ONNX Runtime ${version} for CUDA 13`,
    folder: dataFolder(),
    makes: [cudaFolderName],
    async make(options) {
      const folder = join(dataFolder(), cudaFolderName)
      mkdirSync(folder, { recursive: true })
      const unpackTo = async (pinned: PinnedPackage, paths: readonly string[]): Promise<void> =>
        unpack(
          await download(pinned, options),
          new Map(paths.map((path) => [path, join(folder, path.slice(path.lastIndexOf('/') + 1))])),
        )
      await unpackTo(core, fromCore)
      await unpackTo(provider, fromProvider)
      record(folder, { version, cuda: 13, givenFolders: [...givenFolders], pythonFolders: pythonFolders() })
    },
    forget() {
      forget(core)
      forget(provider)
    },
  }
}

/** CUDA 12, from NuGet, by the script of the package that contains ONNX Runtime's library, with that library. */
function fromNuGet(givenFolders: readonly string[]): Recipe {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw unsupported('Linux on x64 if they come from NuGet')
  const title = "ONNX Runtime's libraries for CUDA 12"
  const source = packageFolder('onnxruntime-node')
  const binaries = join(source, 'bin', 'napi-v6', 'linux', 'x64')
  return {
    title,
    folder: dataFolder(),
    makes: [cudaFolderName],
    async make(options) {
      const folder = join(dataFolder(), cudaFolderName)
      mkdirSync(folder, { recursive: true })
      const command = [join('script', 'install.js')]
      await runCommand(title, source, { command, environment: { ONNXRUNTIME_NODE_INSTALL: 'cuda12' } }, options)
      for (const name of readdirSync(binaries).filter((file) => file.startsWith('libonnxruntime_providers_')))
        move(join(binaries, name), join(folder, name))
      copyFileSync(join(binaries, 'libonnxruntime.so.1'), join(folder, 'libonnxruntime.so.1'))
      const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as { version: string }
      record(folder, { version, cuda: 12, givenFolders: [...givenFolders], pythonFolders: pythonFolders() })
    },
  }
}

/** Also to another disk, which `rename` cannot do. */
function move(from: string, to: string): void {
  copyFileSync(from, to)
  rmSync(from)
}

const record = (folder: string, installation: CudaInstallation): void =>
  writeJson(join(folder, cudaRecordName), installation)

const unsupported = (systems: string): StudioError =>
  new StudioError(
    'engine-unavailable',
    `ONNX Runtime has CUDA libraries for ${systems} only; this is ${process.platform} on ${process.arch}.`,
    'The other engines work as before.',
  )

const libraryName = /^(lib)?(cudart|cublas|cublasLt|curand|cudnn)(64_\d+)?\.(so\.\d+|dll)$/

/** Where installations have their libraries: CUDA's own layout on Linux and Windows, and NVIDIA's packages for Python. */
function foldersBelow(libraries: string): string[] {
  const packages = readFolders(join(libraries, 'nvidia'))
  const candidates = [
    libraries,
    ...['lib64', 'lib', 'bin', join('bin', 'x64'), join('targets', 'x86_64-linux', 'lib')].map((name) =>
      join(libraries, name),
    ),
    ...[...packages, ...readFolders(libraries)].flatMap((folder) => [join(folder, 'lib'), join(folder, 'bin')]),
  ]
  const found = [...new Set(candidates)].filter(hasLibraries)
  if (found.length > 0) return found
  throw new StudioError(
    'bad-request',
    `The folder ${libraries} contains no library of CUDA or cuDNN.`,
    'Give --libraries the folder that contains libcudart.so.13 and the like, CUDA\'s own folder, or the "nvidia" folder of a Python.',
  )
}

/** The folders of NVIDIA's packages in a Python, by default the one of the PATH; none if it has no such packages. */
export function pythonFolders(...pythons: readonly string[]): string[] {
  const script = 'import json, sys; print(json.dumps(sys.path))'
  for (const python of pythons.length === 0 ? ['python3', 'python'] : pythons) {
    const { status, stdout } = spawnSync(python, ['-c', script], { encoding: 'utf8', timeout: 10_000 })
    if (status !== 0) continue
    return (JSON.parse(stdout) as string[])
      .filter((path) => path !== '')
      .flatMap((path) => readFolders(join(path, 'nvidia')))
      .flatMap((folder) => [join(folder, 'lib'), join(folder, 'bin')])
      .filter(hasLibraries)
  }
  return []
}

const hasLibraries = (folder: string): boolean =>
  existsSync(folder) && readdirSync(folder).some((name) => libraryName.test(name))

const readFolders = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
        .map(({ name }) => join(folder, name))
    : []
