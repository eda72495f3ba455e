import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { formatList } from '#contract/format.ts'
import type { CudaInstallation } from '#node/onnx-cuda.ts'

type CudaVersion = CudaInstallation['cuda']

/** A library of NVIDIA that the provider needs. */
export interface NvidiaLibrary {
  /** File name that the provider asks the system's loader for. */
  readonly file: string
  /** Package for Python that contains it; undefined for the driver. */
  readonly pythonPackage?: string
}

/**
 * Libraries of the CUDA provider, each after those that it needs itself. A library that is loaded by its path satisfies the provider,
 * because loaders compare names only.
 */
export function neededLibraries(cuda: CudaVersion, platform: NodeJS.Platform = process.platform): NvidiaLibrary[] {
  const isWindows = platform === 'win32'
  const named = (name: string, major: number, pythonPackage: string): NvidiaLibrary => ({
    file: isWindows ? `${name}64_${major}.dll` : `lib${name}.so.${major}`,
    pythonPackage,
  })
  const suffix = cuda === 12 ? '-cu12' : ''
  return [
    { file: isWindows ? 'nvcuda.dll' : 'libcuda.so.1' },
    named('cudart', cuda, `nvidia-cuda-runtime${suffix}`),
    named('cublasLt', cuda, `nvidia-cublas${suffix}`),
    named('cublas', cuda, `nvidia-cublas${suffix}`),
    named('curand', 10, `nvidia-curand${suffix}`),
    ...(cuda === 12 ? [named('cufft', 11, 'nvidia-cufft-cu12')] : []),
    named('cudnn', 9, `nvidia-cudnn-cu${cuda}`),
  ]
}

/**
 * Folders in which NVIDIA's libraries are searched before and after the system's loader: those that the user named; then those of CUDA_HOME
 * and CUDA_PATH, and those of a Python.
 */
export function searchedFolders(
  { givenFolders, pythonFolders }: Pick<CudaInstallation, 'givenFolders' | 'pythonFolders'>,
  environment: NodeJS.ProcessEnv = process.env,
): { readonly before: readonly string[]; readonly after: readonly string[] } {
  const homes = ['CUDA_HOME', 'CUDA_PATH', 'CUDNN_HOME', 'CUDNN_PATH'].flatMap((name) => environment[name] ?? [])
  const parts = ['lib64', 'lib', join('targets', 'x86_64-linux', 'lib'), 'bin', join('bin', 'x64')]
  return {
    before: givenFolders,
    after: [...homes.flatMap((home) => parts.map((part) => join(home, part))), ...pythonFolders],
  }
}

/** Loads a library by its name or path. @throws Error of the system's loader */
type LoadLibrary = (nameOrPath: string) => unknown

/**
 * Loads NVIDIA's libraries, so that the CUDA provider finds them wherever they are.
 * @returns handles, in which `load` identifies the libraries
 * @throws Error that names every missing library, with what was found instead
 */
export function loadNvidiaLibraries(
  installation: CudaInstallation,
  load: LoadLibrary,
  environment: NodeJS.ProcessEnv = process.env,
): readonly unknown[] {
  const handles: unknown[] = []
  const { before, after } = searchedFolders(installation, environment)
  const problems: string[] = []
  const missing: NvidiaLibrary[] = []
  for (const library of neededLibraries(installation.cuda)) {
    const { file } = library
    const inFolders = (folders: readonly string[]): string[] =>
      folders.map((folder) => join(folder, file)).filter((path) => existsSync(path))
    const candidates = [...inFolders(before), file, ...inFolders(after)]
    const errors: { readonly candidate: string; readonly error: string }[] = []
    for (const candidate of candidates) {
      try {
        handles.push(load(candidate))
        break
      } catch (cause) {
        errors.push({ candidate, error: cause instanceof Error ? cause.message : String(cause) })
      }
    }
    if (errors.length < candidates.length) continue
    // A library that exists and cannot be loaded says more than the loader's error about its bare name.
    const damaged = errors.find(({ candidate }) => candidate !== file)
    if (damaged === undefined) missing.push(library)
    else problems.push(`${damaged.candidate} cannot be loaded: ${damaged.error}.`)
  }
  if (missing.length > 0) problems.unshift(describeMissing(missing, installation.cuda, [...before, ...after]))
  if (problems.length > 0) throw new Error(problems.join(' '))
  return handles
}

function describeMissing(missing: readonly NvidiaLibrary[], cuda: CudaVersion, folders: readonly string[]): string {
  const [driver, libraries] = [
    missing.find(({ pythonPackage }) => pythonPackage === undefined),
    missing.filter(({ pythonPackage }) => pythonPackage !== undefined),
  ]
  const packages = [...new Set(libraries.flatMap(({ pythonPackage }) => pythonPackage ?? []))]
  return [
    ...(driver === undefined
      ? []
      : [`NVIDIA's driver is not installed on this machine: ${driver.file} was not found.`]),
    ...(libraries.length === 0
      ? []
      : [
          `CUDA ${cuda} needs ${formatList(libraries.map(({ file }) => describe(file, folders)))}, which ${libraries.length === 1 ? 'was' : 'were'} not found. Install CUDA ${cuda} and cuDNN 9, or "python3 -m pip install ${packages.join(' ')}", and repeat "engine install cuda", with --libraries DIR if they are in a folder that is not searched.`,
        ]),
  ].join(' ')
}

/** The file name, with the file of another version if a searched folder has one. */
function describe(file: string, folders: readonly string[]): string {
  const stem = /^(.*?)(\.so\.|64_)\d+/.exec(file)
  if (stem === null) return file
  const [, name, separator] = stem
  const pattern = new RegExp(`^${name}${separator?.replaceAll('.', '\\.')}\\d+(\\.dll)?$`)
  const other = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((found) => pattern.test(found))
        .map((found) => join(folder, found)),
    )[0]
  return other === undefined ? file : `${file} (${other} is of another version)`
}
