import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { CudaInstallation } from '#node/onnx-cuda.ts'
import { loadNvidiaLibraries, neededLibraries } from '#training/engine/run/onnx/cuda/nvidia-libraries.ts'

const root = mkdtempSync(join(tmpdir(), 'mvd-studio-nvidia-'))
afterAll(() => rmSync(root, { recursive: true }))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(root, 'libraries-'))
})

const installation = (changes: Partial<CudaInstallation> = {}): CudaInstallation => ({
  version: '1.29.0',
  cuda: 13,
  givenFolders: [],
  pythonFolders: [],
  ...changes,
})

/** A folder with empty files. */
function folderOf(name: string, files: readonly string[]): string {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  for (const file of files) writeFileSync(join(path, file), '')
  return path
}

/** A system's loader that has the libraries of some names, and accepts every path but those of damaged files. */
function loader(names: readonly string[], damaged: readonly string[] = []) {
  return (nameOrPath: string): string => {
    if (nameOrPath !== basename(nameOrPath)) {
      if (damaged.includes(nameOrPath)) throw new Error('file too short')
      return nameOrPath
    }
    if (names.includes(nameOrPath)) return nameOrPath
    throw new Error(`${nameOrPath}: cannot open shared object file`)
  }
}

const all = neededLibraries(13, 'linux').map(({ file }) => file)
const driver = 'libcuda.so.1'
const load = (changes: Partial<CudaInstallation>, names: readonly string[], environment: NodeJS.ProcessEnv = {}) =>
  loadNvidiaLibraries(installation(changes), loader(names), environment)

test('each platform and version has its file names', () => {
  expect(all).toEqual([
    'libcuda.so.1',
    'libcudart.so.13',
    'libcublasLt.so.13',
    'libcublas.so.13',
    'libcurand.so.10',
    'libcudnn.so.9',
  ])
  expect(neededLibraries(13, 'win32').map(({ file }) => file)).toEqual([
    'nvcuda.dll',
    'cudart64_13.dll',
    'cublasLt64_13.dll',
    'cublas64_13.dll',
    'curand64_10.dll',
    'cudnn64_9.dll',
  ])
  expect(neededLibraries(12, 'linux').map(({ file }) => file)).toContain('libcufft.so.11')
})

test('libraries of the system are loaded by name', () => {
  expect(load({}, all)).toEqual(all)
})

test('given folders come before the system, CUDA_HOME and Python after it', () => {
  const given = folderOf('given', ['libcudart.so.13'])
  folderOf('home/lib64', ['libcublasLt.so.13', 'libcublas.so.13'])
  const python = folderOf('python', ['libcublas.so.13', 'libcurand.so.10', 'libcudnn.so.9'])
  const home = join(folder, 'home')
  expect(
    load({ givenFolders: [given], pythonFolders: [python] }, [driver, 'libcudart.so.13', 'libcurand.so.10'], {
      CUDA_HOME: home,
    }),
  ).toEqual([
    driver,
    join(given, 'libcudart.so.13'),
    join(home, 'lib64', 'libcublasLt.so.13'),
    join(home, 'lib64', 'libcublas.so.13'),
    'libcurand.so.10',
    join(python, 'libcudnn.so.9'),
  ])
})

test('every missing library is named, with the packages that contain them', () => {
  expect(() => load({}, [])).toThrowErrorMatchingInlineSnapshot(
    `[Error: NVIDIA's driver is not installed on this machine: libcuda.so.1 was not found. CUDA 13 needs libcudart.so.13, libcublasLt.so.13, libcublas.so.13, libcurand.so.10, and libcudnn.so.9, which were not found. Install CUDA 13 and cuDNN 9, or "python3 -m pip install nvidia-cuda-runtime nvidia-cublas nvidia-curand nvidia-cudnn-cu13", and repeat "engine install cuda", with --libraries DIR if they are in a folder that is not searched.]`,
  )
})

test.each(all)('%s alone is named', (missing) => {
  const others = all.filter((file) => file !== missing)
  expect(() => load({}, others)).toThrow(missing)
  for (const other of others.filter((file) => !file.startsWith(missing.replace(/\.so.*/, ''))))
    expect(() => load({}, others)).not.toThrow(`${other} `)
})

test('a library of another CUDA version is named with its path', () => {
  const old = folderOf('old', ['libcublas.so.12'])
  expect(() =>
    load(
      { givenFolders: [old] },
      all.filter((file) => file !== 'libcublas.so.13'),
    ),
  ).toThrow(
    `CUDA 13 needs libcublas.so.13 (${join(old, 'libcublas.so.12')} is of another version), which was not found.`,
  )
})

test('a library that cannot be loaded is named with the error of the loader', () => {
  const given = folderOf('given', ['libcudnn.so.9'])
  const damaged = join(given, 'libcudnn.so.9')
  const names = all.filter((file) => file !== 'libcudnn.so.9')
  expect(() => loadNvidiaLibraries(installation({ givenFolders: [given] }), loader(names, [damaged]), {})).toThrow(
    `${damaged} cannot be loaded: file too short.`,
  )
})
