import { estimateStage } from '../planning/estimate.ts'
import { readManifestFile } from '../run/read-run.ts'
import type { Task } from './task.ts'

/** Estimates the memory of a stage. */
export const estimate: Task<'estimate'> = ({ manifest, ...wanted }) =>
  estimateStage({ ...wanted, manifest: readManifestFile(manifest) })
