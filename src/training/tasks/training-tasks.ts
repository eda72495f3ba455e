import type { FolderTaskName, TaskName } from '#contract/api/tasks.ts'
import type { Tasks } from '#node/serve-task.ts'

/** The tasks of the training child. */
export const trainingTasks: Tasks<Exclude<TaskName, FolderTaskName>> = {
  'inspect-videos': async () => (await import('./inspect-videos.ts')).inspectVideos,
  preview: async () => (await import('./preview.ts')).preview,
  'warm-frames': async () => (await import('./warm-frames.ts')).warmFrames,
  measure: async () => (await import('./measure.ts')).measure,
  estimate: async () => (await import('./estimate.ts')).estimate,
  'inspect-tensors': async () => (await import('./inspect-tensors.ts')).inspectTensors,
  'check-checkpoint': async () => (await import('./check-checkpoint.ts')).checkCheckpoint,
  'export-model': async () => (await import('./export-model.ts')).exportModel,
  'import-model': async () => (await import('./import-model.ts')).importModel,
  'probe-model': async () => (await import('./probe-model.ts')).probeModel,
  'built-in-dataset': async () => (await import('./built-in-dataset.ts')).builtInDataset,
  'see-clip': async () => (await import('./see-clip.ts')).seeClip,
  'video-frames': async () => (await import('./video-frames.ts')).videoFrames,
  engines: async () => (await import('./engines.ts')).engines,
  reference: async () => (await import('./reference.ts')).reference,
  'bench-step': async () => (await import('./bench-step.ts')).benchStep,
}
