import { z } from 'zod'
import { clipConfiguration } from '../configuration/clip.ts'
import { pipelineConfiguration } from '../configuration/pipeline.ts'
import { benchStepRequest, benchStepResult } from '../domain/bench.ts'
import { exportFormat, exportResult, tensorFacts } from '../domain/checkpoint.ts'
import { datasetPreview } from '../domain/dataset-preview.ts'
import { datasetChange } from '../domain/dataset-version.ts'
import { datasetCheck, slug, splitSetName, usedExclusions, videoFacts } from '../domain/dataset.ts'
import { drawnSplitSet, splitRequest } from '../domain/drawn-split-set.ts'
import { engineName, engineNames, engineVerdict } from '../domain/engine.ts'
import { frameRate } from '../domain/frame-rate.ts'
import { importedModel, modelImportRequest } from '../domain/imported-model.ts'
import { decodedVerdict, importCheck, videoTraits } from '../domain/integrity.ts'
import { stageMemory } from '../domain/memory.ts'
import { inputRoles } from '../domain/model-ref.ts'
import { modelDescription } from '../domain/model.ts'
import { stageCost } from '../domain/pipeline.ts'
import { probeMeasurement, probeMethodList, probeProgress } from '../domain/probe.ts'
import { referenceResult } from '../domain/reference.ts'
import { seenClip } from '../domain/seen-clip.ts'
import { framesPage } from '../domain/video-frames.ts'
import { stageConfiguration, stageSchema } from '../stages/index.ts'
import { warmProgress, warmResult } from './caches.ts'
import { importedFolder } from './datasets.ts'
import { errorReport } from './errors.ts'

/**
 * Short jobs that the studio runs in a child: in a training child (`node src/training/main.ts task <name>`), because they decode video or
 * touch tensors, or in a process for folders (`node src/main/datasets/folder-process.ts task <name>`). The input is one JSON document on standard
 * input; one JSON line per progress report and a last line with the result or the error follow on standard output.
 */
export const tasks = {
  /** Reads the names and lists of a folder. */
  'preview-folder': {
    input: importedFolder,
    progress: z.never(),
    result: datasetPreview,
  },
  /** Reads a folder of videos into the files of a dataset. */
  'read-folder': {
    input: z.object({
      request: importedFolder.extend({ name: slug, check: importCheck.optional(), frameCache: z.string().optional() }),
      /** The folder for the files of the dataset, which is made. */
      to: z.string(),
      /** Header of the current version of the dataset, which is compared; absent for a new dataset. */
      current: z.string().optional(),
    }),
    progress: z.object({ done: z.int(), total: z.int(), path: z.string() }),
    /** What has changed since the current version; null if nothing has, so that nothing was written, and for a new dataset. */
    result: z.object({ change: datasetChange.nullable() }),
  },
  /** Takes over from a version of a dataset, in the folder `from`, what holds for the unchanged videos of the next one in `to`. */
  'take-over-version': {
    input: z.object({ from: z.string(), to: z.string(), areDecodedKept: z.boolean() }),
    progress: z.never(),
    result: z.object({}),
  },
  /** Compares a dataset with the files of its folder. */
  'check-folder': {
    input: z.object({ manifest: z.string() }),
    progress: z.never(),
    result: datasetCheck,
  },
  /** Draws the splits of a dataset again into a file. */
  'draw-splits': {
    input: splitRequest.omit({ name: true }).extend({ manifest: z.string(), to: z.string() }),
    progress: z.never(),
    /** The name of the split set. */
    result: drawnSplitSet.pick({ name: true }),
  },
  /** Inspects video files in order. A crash or a silence is that of the first file without a result. */
  'inspect-videos': {
    input: z.object({
      files: z.array(z.string()),
      /** Folder of the frame cache, into which the frames of short and small videos are written. */
      frameCache: z.string().optional(),
      /** Frames per second of folders of numbered pictures; 30 if absent. */
      frameRate: frameRate.optional(),
      /** `index` reads headers; `full`, the default, decodes every frame. */
      check: importCheck.optional(),
      /** Results that may wait to be reported while files are read; 0 if absent. None waits while a decoder is at work. */
      waitingResults: z.int().nonnegative().optional(),
    }),
    /** The next results. Without any, a sign of life: that files are opened from now on, or that a long one is being decoded. */
    progress: z.object({
      inspected: z.array(
        z.discriminatedUnion('state', [
          z.object({
            state: z.literal('readable'),
            file: z.string(),
            facts: videoFacts,
            traits: videoTraits.optional(),
          }),
          z.object({
            state: z.literal('broken'),
            file: z.string(),
            verdict: decodedVerdict.default('unreadable'),
            reason: z.string(),
          }),
        ]),
      ),
    }),
    result: z.object({ decoder: z.string() }),
  },
  /** Writes previews (animated WebP) of videos, one after the other. A video without one does not end the task. */
  preview: {
    input: z.object({
      videos: z.array(
        z.object({
          file: z.string(),
          to: z.string(),
          facts: videoFacts.pick({ frameCount: true, width: true, height: true, durationMs: true }),
        }),
      ),
      height: z.int(),
      frameCount: z.int(),
    }),
    /** The next video is done; `problem` is null if it has a preview now. */
    progress: z.object({ file: z.string(), problem: z.string().nullable() }),
    result: z.object({ made: z.int() }),
  },
  /** Decodes the videos of a dataset into the frame cache, for clips of `imageSize` pixels. */
  'warm-frames': {
    input: z.object({ manifest: z.string(), frameCache: z.string(), imageSize: clipConfiguration.shape.imageSize }),
    progress: warmProgress,
    result: warmResult,
  },
  /** Runs three real steps of one stage. Each stage has a separate process, so that its memory can be measured. */
  measure: {
    input: z.object({
      stage: stageSchema,
      configuration: pipelineConfiguration,
      manifest: z.string(),
      /** Samples that are left out; absent if none. */
      exclusions: usedExclusions.optional(),
      labels: z.string().nullable(),
      frameCache: z.string(),
      models: z.partialRecord(z.enum(inputRoles), modelDescription).default({}),
    }),
    progress: z.never(),
    result: stageCost,
  },
  /** Estimates the memory of a stage from its recorded programs, without running it. */
  estimate: {
    input: z.object({
      stage: stageSchema,
      configuration: pipelineConfiguration,
      manifest: z.string(),
      /** Samples that are left out; absent if none. */
      exclusions: usedExclusions.optional(),
      labels: z.string().nullable(),
      models: z.partialRecord(z.enum(inputRoles), modelDescription).default({}),
    }),
    progress: z.never(),
    result: stageMemory,
  },
  /** Reads a safetensors file and describes each tensor. */
  'inspect-tensors': {
    input: z.object({ file: z.string() }),
    progress: z.never(),
    result: z.object({ tensors: z.array(tensorFacts) }),
  },
  /** Verifies the files of a checkpoint and looks for numbers that are not finite; `problem` is null if training can continue from it. */
  'check-checkpoint': {
    input: z.object({ folder: z.string() }),
    progress: z.never(),
    result: z.object({ problem: z.string().nullable() }),
  },
  /** Writes a model in another format, reads it back and compares. `model` is the folder of a checkpoint or imported model. */
  'export-model': {
    input: z.object({ model: z.string(), format: exportFormat, to: z.string(), force: z.boolean() }),
    progress: z.never(),
    result: exportResult,
  },
  /** Writes a model from elsewhere into a new folder `<folder>/<name>`, under its published names. */
  'import-model': {
    input: modelImportRequest.extend({ folder: z.string() }),
    progress: z.object({ done: z.int(), total: z.int(), tensor: z.string() }),
    result: importedModel,
  },
  /** Probes the frozen encoder of the checkpoint or imported model in `folder` on the labelled videos of a dataset. */
  'probe-model': {
    input: z.object({
      folder: z.string(),
      manifest: z.string(),
      /** Samples that are left out; absent if none. */
      exclusions: usedExclusions.optional(),
      splitSet: splitSetName,
      labels: z.string(),
      methods: probeMethodList,
      neighbours: z.int().min(1),
      frameCache: z.string(),
    }),
    progress: probeProgress,
    result: probeMeasurement,
  },
  /** Writes the built-in dataset as video files with `labels.csv`. */
  'built-in-dataset': {
    input: z.object({ directory: z.string() }),
    progress: z.object({ done: z.int(), total: z.int() }),
    result: z.object({ videos: z.int() }),
  },
  /** Shows what a stage takes of a sample in an epoch. */
  'see-clip': {
    input: z.object({
      manifest: z.string(),
      /** Samples that are left out; absent if none. */
      exclusions: usedExclusions.optional(),
      splitSet: splitSetName,
      frameCache: z.string(),
      task: stageConfiguration,
      clip: clipConfiguration,
      seed: z.int(),
      labels: z.string().nullable(),
      sample: z.string(),
      epoch: z.int().min(1),
    }),
    progress: z.never(),
    result: seenClip,
  },
  /** Decodes consecutive frames of a video. */
  'video-frames': {
    input: z.object({
      file: z.string(),
      width: z.int().positive(),
      height: z.int().positive(),
      from: z.int().min(0),
      count: z.int().min(1),
    }),
    progress: z.never(),
    result: framesPage,
  },
  /** Tries engines and decides which one `auto` chooses. Earlier trials on this machine are reused unless `again` is set. */
  engines: {
    input: z.object({ names: z.array(engineName).default([...engineNames]), again: z.boolean().default(false) }),
    progress: z.object({ trying: engineName }),
    result: z.object({ engines: z.array(engineVerdict) }),
  },
  /** Compares the studio with recorded numbers: every case below a folder, on one engine or on all installed ones. */
  reference: {
    input: z.object({ directory: z.string(), engine: engineName.nullable() }),
    progress: z.object({ done: z.int(), total: z.int(), result: referenceResult }),
    result: z.object({ results: z.array(referenceResult) }),
  },
  /** Times whole training steps on random clips, in a separate process, so that its memory can be measured. */
  'bench-step': {
    input: benchStepRequest,
    progress: z.object({ done: z.int(), total: z.int() }),
    result: benchStepResult,
  },
} as const

export type TaskName = keyof typeof tasks
/** Tasks of the process for folders; all others are those of a training child. */
export type FolderTaskName = 'preview-folder' | 'read-folder' | 'take-over-version' | 'check-folder' | 'draw-splits'
export type TaskInput<N extends TaskName> = z.infer<(typeof tasks)[N]['input']>
export type TaskProgress<N extends TaskName> = z.infer<(typeof tasks)[N]['progress']>
export type TaskResult<N extends TaskName> = z.infer<(typeof tasks)[N]['result']>

/** A line on a task's standard output. */
export const taskLine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), value: z.unknown() }),
  z.object({ type: z.literal('result'), value: z.unknown() }),
  z.object({ type: z.literal('error'), error: errorReport }),
])
export type TaskLine = z.infer<typeof taskLine>
