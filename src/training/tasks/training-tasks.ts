import type { FolderTaskName, TaskName } from '#contract/api/tasks.ts'
import type { Tasks } from '#node/serve-task.ts'
import { benchStep } from './bench-step.ts'
import { builtInDataset } from './built-in-dataset.ts'
import { checkCheckpoint } from './check-checkpoint.ts'
import { engines } from './engines.ts'
import { estimate } from './estimate.ts'
import { exportModel } from './export-model.ts'
import { importModel } from './import-model.ts'
import { inspectTensors } from './inspect-tensors.ts'
import { inspectVideos } from './inspect-videos.ts'
import { measure } from './measure.ts'
import { preview } from './preview.ts'
import { probeModel } from './probe-model.ts'
import { reference } from './reference.ts'
import { seeClip } from './see-clip.ts'
import { videoFrames } from './video-frames.ts'
import { warmFrames } from './warm-frames.ts'

/** The tasks of the training child. */
export const trainingTasks: Tasks<Exclude<TaskName, FolderTaskName>> = {
  'inspect-videos': inspectVideos,
  preview,
  'warm-frames': warmFrames,
  measure,
  estimate,
  'inspect-tensors': inspectTensors,
  'check-checkpoint': checkCheckpoint,
  'export-model': exportModel,
  'import-model': importModel,
  'probe-model': probeModel,
  'built-in-dataset': builtInDataset,
  'see-clip': seeClip,
  'video-frames': videoFrames,
  engines,
  reference,
  'bench-step': benchStep,
}
