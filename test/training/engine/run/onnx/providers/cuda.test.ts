import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { writeJson } from '#node/json-file.ts'
import { cudaFolder, cudaFolderName, cudaRecordName, readCudaInstallation } from '#node/onnx-cuda.ts'
import { loadKoffi } from '#training/engine/run/onnx/native/library.ts'
import { loadCuda } from '#training/engine/run/onnx/providers/cuda.ts'
import { notRun } from '../../../../../support/not-run.ts'
import { writeStandInLibrary } from '../../../../../support/stand-in-library.ts'

const root = mkdtempSync(join(tmpdir(), 'mvd-studio-cuda-'))
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true })
})

const reasonsOf = async (made: Promise<unknown>): Promise<string> => {
  try {
    await made
  } catch (cause) {
    const { message, cause: inner } = cause as Error
    return `${message} ${inner instanceof Error ? inner.message : ''}`
  }
  return 'opened'
}

test('without an installation, the sentence says that nothing is installed', async () => {
  vi.stubEnv('XDG_DATA_HOME', join(root, 'nothing'))
  expect(await reasonsOf(loadCuda(1, 0))).toBe(
    `The CUDA libraries of ONNX Runtime are not installed. ${join(root, 'nothing', 'mvd-studio', 'onnx-cuda')} does not exist.`,
  )
})

test.runIf(process.platform === 'linux')('a stand-in for the driver is loaded by its name', async () => {
  const koffi = await loadKoffi()
  const path = join(root, 'libstandin.so.7')
  writeStandInLibrary(path, 'libstandin.so.7')
  expect(() => koffi.load(path)).not.toThrow()
  // The loader finds it by name from now on, as ONNX Runtime's provider finds NVIDIA's libraries.
  expect(() => koffi.load('libstandin.so.7')).not.toThrow()
})

/** The installation of this user, which the test above hides. */
const installation = (() => {
  vi.unstubAllEnvs()
  try {
    return readCudaInstallation()
  } catch {
    return undefined
  }
})()
const installedAt = cudaFolder()

describe('with the installed provider', () => {
  notRun(
    process.platform !== 'linux' || installation === undefined
      ? 'ONNX Runtime for CUDA is not installed ("engine install cuda").'
      : existsSync('/proc/driver/nvidia/version')
        ? 'This machine has an NVIDIA driver: the test for a card runs instead.'
        : undefined,
  )

  test('a stand-in for the driver lets ONNX Runtime append the provider, which then misses the driver', async () => {
    const data = join(root, 'data')
    const drivers = join(root, 'driver')
    mkdirSync(join(data, 'mvd-studio', cudaFolderName), { recursive: true })
    mkdirSync(drivers)
    for (const name of [
      'libonnxruntime.so.1',
      'libonnxruntime_providers_cuda.so',
      'libonnxruntime_providers_shared.so',
    ])
      symlinkSync(join(installedAt, name), join(data, 'mvd-studio', cudaFolderName, name))
    writeStandInLibrary(join(drivers, 'libcuda.so.1'), 'libcuda.so.1')
    writeJson(join(data, 'mvd-studio', cudaFolderName, cudaRecordName), {
      ...installation,
      givenFolders: [drivers, ...(installation?.givenFolders ?? [])],
    })
    vi.stubEnv('XDG_DATA_HOME', data)
    expect(await reasonsOf(loadCuda(1, 0))).toMatch(/CUDA failure 35: CUDA driver version is insufficient/)
  })
})
