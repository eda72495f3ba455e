import { join } from 'node:path'
import { z } from 'zod'
import { readJsonIfPresent } from './json-file.ts'
import { dataFolder } from './user-folders.ts'

/** ONNX Runtime with its CUDA provider, as `engine install cuda` leaves it. */
const cudaInstallation = z.object({
  /** Version of ONNX Runtime: of its library and its provider. */
  version: z.string(),
  /** Major version of CUDA that the provider was built for. */
  cuda: z.union([z.literal(12), z.literal(13)]),
  /** Folders of NVIDIA's libraries that the user named: searched before those of the system. */
  givenFolders: z.array(z.string()),
  /** Folders of NVIDIA's libraries that a Python has: searched last. */
  pythonFolders: z.array(z.string()),
})
export type CudaInstallation = z.infer<typeof cudaInstallation>

/** Name of the folder of the installation in the user's data folder. */
export const cudaFolderName = 'onnx-cuda'
export const cudaRecordName = 'installation.json'

/** The folder that contains ONNX Runtime's library, its CUDA provider and the record of the installation. */
export const cudaFolder = (): string => join(dataFolder(), cudaFolderName)

/** @throws StudioError `bad-request` if the record is damaged */
export const readCudaInstallation = (): CudaInstallation | undefined =>
  readJsonIfPresent(join(cudaFolder(), cudaRecordName), cudaInstallation)
