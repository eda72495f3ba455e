import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { RunFile } from '#contract/run.ts'
import type { Stage } from '#contract/stage.ts'
import type { NamedHostTensors } from '../engine/engine.ts'
import { classifierParameters } from '../model/classifier.ts'
import { imageAutoencoderParameters } from '../model/image-autoencoder.ts'
import { studentParameters } from '../model/student.ts'
import { videoAutoencoderParameters } from '../model/video-autoencoder.ts'
import { studentConfig } from './distill.ts'
import { classifierConfig } from './finetune.ts'
import { freshParameters } from './optimization.ts'
import type { StageInputs, TrainedModel } from './stage.ts'
import { videoAutoencoderConfig } from './video-teacher.ts'

/** Untrained models in the place of earlier runs: enough to measure what a stage costs. */
export function freshInputs(configuration: PipelineConfiguration, stage: Stage, classes: number): StageInputs {
  const { clip, distill, finetune } = configuration
  const imageTeacher = () => model({ stage: 'image-teacher', configuration: configuration['image-teacher'] }, imageAutoencoderParameters(configuration['image-teacher']))
  const videoTeacher = () => model({ stage: 'video-teacher', configuration: configuration['video-teacher'] }, videoAutoencoderParameters(videoAutoencoderConfig(configuration['video-teacher'], clip)))
  if (stage === 'distill') {
    return { ...(distill.teachers === 'video' ? {} : { imageTeacher: imageTeacher() }), ...(distill.teachers === 'image' ? {} : { videoTeacher: videoTeacher() }) }
  }
  if (stage === 'finetune' && finetune.initialization === 'video-teacher') return { model: videoTeacher() }
  if (stage === 'finetune' && finetune.initialization === 'student') {
    const widths = { image: configuration['image-teacher'].width, video: configuration['video-teacher'].width }
    return { model: model({ stage: 'distill', configuration: distill }, studentParameters(studentConfig(distill, clip, widths))) }
  }
  if (stage === 'evaluate') return { model: model({ stage: 'finetune', configuration: finetune }, classifierParameters(classifierConfig(finetune, clip, classes))) }
  return {}
}

function model(task: RunFile['task'], specs: Parameters<typeof freshParameters>[0]): TrainedModel {
  const parameters: NamedHostTensors = freshParameters(specs, 0)
  return { origin: `untrained ${task.stage}`, runId: 'measure', task, classes: null, parameters }
}
