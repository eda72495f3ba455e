import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { CheckpointCard, ExportFormat } from '#contract/domain/checkpoint.ts'
import { checkpointFolder } from '#contract/layout.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'
import { saveCheckpoint } from '#training/checkpoint/checkpoints.ts'
import { decoderBlockNames } from '#training/checkpoint/names/huggingface-vit-mae.ts'
import { draws } from '#training/data/random.ts'
import { classifierParameters } from '#training/model/classifier.ts'
import { imageAutoencoderParameters } from '#training/model/image-autoencoder.ts'
import { initializeParameters } from '#training/model/initialize.ts'
import type { ParameterSpec } from '#training/model/parameters.ts'
import { studentParameters } from '#training/model/student.ts'
import { videoAutoencoderParameters } from '#training/model/video-autoencoder.ts'
import { exportModel } from '#training/tasks/export-model.ts'
import type { NamedHostTensors } from '#training/tensor/host-tensor.ts'

export const { signal } = new AbortController()

/** ViTMAE's decoder under the names that the studio writes; transformers reads these and the ones that it wrote into our fixtures. */
export const withUsualDecoderNames = (tensors: NamedHostTensors): NamedHostTensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name.replace(decoderBlockNames[1], decoderBlockNames[0]), tensor]),
  )

/** A folder that goes away with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'export-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const clip = { frames: 4, frameStride: 2, imageSize: 32, patchSize: 8, tubeletSize: 2 }
const encoder = { width: 48, depth: 2, heads: 3 }
const decoder = { decoderWidth: 32, decoderDepth: 1, decoderHeads: 2 }
export const classes = ['bed', 'fall', 'walk', 'sit', 'stand']

/** The models that runs write, each small. `flat` classifiers are fine-tuned from a video teacher, `space-time` ones from a student. */
export type Sample = 'image-teacher' | 'video-teacher' | 'student' | 'flat' | 'space-time'

export function specsOf(sample: Sample): ParameterSpec[] {
  switch (sample) {
    case 'image-teacher':
      return imageAutoencoderParameters({ imageSize: 32, patchSize: 8, ...encoder, ...decoder })
    case 'video-teacher':
      return videoAutoencoderParameters({ ...clip, ...encoder, ...decoder })
    case 'student':
      return studentParameters({ ...clip, ...encoder, ...decoder, imageTargetWidth: 40, videoTargetWidth: 56 })
    case 'flat':
    case 'space-time':
      return classifierParameters({ ...clip, ...encoder, classes: classes.length, positions: sample, headInitScale: 1 })
  }
}

/** Weights that make every tensor matter: nothing is zero or one, as fresh biases and norms are. */
export function weightsOf(sample: Sample): NamedHostTensors {
  const busy = specsOf(sample).map((spec): ParameterSpec =>
    spec.isTrainable && spec.shape.length === 1
      ? {
          ...spec,
          initialize: (random, index) => (spec.name.endsWith('.weight') ? 1 : 0) + 0.2 * random.normal() + index * 1e-4,
        }
      : spec,
  )
  return initializeParameters(busy, (name) => draws(1, name))
}

/** Writes a checkpoint as a run does, and returns its folder. */
export async function checkpointOf(
  sample: Sample,
  change: Partial<CheckpointCard> = {},
  weights: NamedHostTensors = weightsOf(sample),
): Promise<string> {
  const { configuration } = requirePreset(readPresets('resources/presets'), 'tiny')
  const stage =
    sample === 'student' ? 'distill' : sample === 'image-teacher' || sample === 'video-teacher' ? sample : 'finetune'
  const task = {
    stage,
    configuration: {
      ...configuration[stage],
      ...encoder,
      ...(stage === 'finetune' ? { initialization: sample === 'flat' ? 'video-teacher' : 'student' } : decoder),
      ...(stage === 'image-teacher' ? { imageSize: 32, patchSize: 8 } : {}),
    },
  } as CheckpointCard['task']
  const folder = temporaryFolder()
  const description = {
    runId: `falls-1.${stage}`,
    step: 10,
    epoch: 2.5,
    createdAt: '2026-11-23T09:00:00.000Z',
    task,
    clip,
    inputs: {},
    classes: stage === 'finetune' ? classes : null,
    licenceNotes: [],
    metrics: {},
  }
  await saveCheckpoint(
    folder,
    { ...description, ...change },
    { parameters: weights, firstMoments: {}, secondMoments: {} },
  )
  return join(folder, 'checkpoints', checkpointFolder(10))
}

export const exportTo = (checkpoint: string, format: ExportFormat, to: string, force = false) =>
  exportModel({ model: checkpoint, format, to, force }, () => undefined, signal)
