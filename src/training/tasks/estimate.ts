import type { Task } from '#node/serve-task.ts'
import { estimateStage } from '../planning/estimate.ts'
import { readManifestFile } from '../run/read-run.ts'
import { engineOfAuto } from '../selection/engine-of-auto.ts'

/** Estimates the memory of a stage. */
export const estimate: Task<'estimate'> = ({ manifest, exclusions, ...wanted }) =>
  estimateStage(
    { ...wanted, manifest: readManifestFile(manifest, wanted.configuration.general.splitSet, exclusions) },
    engineOfAuto(wanted.configuration.general.precision),
  )
