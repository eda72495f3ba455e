import { z } from 'zod'
import { errorReport } from '../api/errors.ts'
import { clipConfiguration } from '../configuration/clip.ts'
import { generalConfiguration } from '../configuration/general.ts'
import { datasetFiles, formatVersions, workspaceFiles } from '../layout.ts'
import { stageConfiguration, stageSchema } from '../stages/index.ts'
import { slug, usedExclusions } from './dataset.ts'
import { earlyStop } from './early-stopping.ts'
import { datasetContents, launchCode } from './environment.ts'
import { stageMemory } from './memory.ts'
import { metricSummary } from './metric.ts'
import { continuation, inputRoles } from './model-ref.ts'
import { modelDescription } from './model.ts'
import { organization } from './organization.ts'
import { askedOfProcess, runPriority } from './queue.ts'
import { resourceRequest, wholeSlot } from './resources.ts'
import { testResult } from './result.ts'
import { runImportSource } from './run-import.ts'
import { wait } from './wait.ts'

/**
 * Status of a run; `run-state.ts` has the transitions. A queued run may wait for the checkpoint of another one (`waitsFor`);
 * an interrupted one lost its process; of a missing one, the folder or its `run.json` is gone or unreadable. An imported one was
 * computed by another program, from whose files its points were read.
 */
export const runStatuses = [
  'queued',
  'running',
  'finished',
  'stopped',
  'failed',
  'interrupted',
  'missing',
  'imported',
] as const
export const runStatus = z.enum(runStatuses)
export type RunStatus = z.infer<typeof runStatus>

/** References to the models that a stage takes; see `model-ref.ts`. */
export const runInputs = z.object({
  imageTeacher: z.string().optional(),
  videoTeacher: z.string().optional(),
  /** What fine-tuning starts from, or what the test evaluates. */
  model: z.string().optional(),
})
export type RunInputs = z.infer<typeof runInputs>

/** A model that existed when the run was launched. A run refuses the file if its hash has changed. */
export const frozenModel = z.object({
  /** `model.safetensors`, relative to the workspace. */
  file: z.string(),
  sha256: z.string(),
  model: modelDescription,
  classes: z.array(z.string()).nullable(),
  /** Videos of each class on which it was fine-tuned, if known. */
  trainingVideos: z.array(z.int()).optional(),
  licenceNotes: z.array(z.string()),
})
export type FrozenModel = z.infer<typeof frozenModel>

const currentRunFile = z.object({
  version: z.literal(formatVersions.run),
  id: z.string(),
  pipelineId: slug,
  createdAt: z.string(),
  general: generalConfiguration,
  clip: clipConfiguration,
  task: stageConfiguration,
  dataset: z.object({
    name: slug,
    digest: z.string(),
    manifest: z.string(),
    labels: slug.nullable(),
    /** Samples that it leaves out; absent if none. */
    exclusions: usedExclusions.optional(),
    /** Absent from runs of earlier versions. */
    contents: datasetContents.optional(),
  }),
  /** Absent from runs of earlier versions. */
  code: launchCode.optional(),
  /** An input that is a run means its newest checkpoint, or with early stopping its best one. */
  inputs: runInputs,
  /** The checkpoint from which it continues; it is among those of its own folder. */
  continues: continuation.optional(),
  /** Inputs that are imported models or checkpoints. */
  models: z.partialRecord(z.enum(inputRoles), frozenModel).default({}),
  /** Folder for decoded frames, shared by all runs. */
  frameCache: z.string(),
  /** Folder for features of teachers, likewise. Absent from runs of earlier versions, which keep none. */
  targetCache: z.string().optional(),
  request: resourceRequest,
  /** Memory estimate of the stage, if it had been computed before the launch. */
  memory: stageMemory.optional(),
})

const version1 = z.looseObject({
  version: z.literal(1),
  dataset: z.looseObject({ name: z.string(), manifest: z.string() }),
  frameCache: z.string(),
})

const relative = (path: string, inWorkspace: string): string =>
  path.replaceAll('\\', '/').endsWith(`/${inWorkspace}`) ? inWorkspace : path

/** Version 1 had absolute paths and no request. Paths outside of a workspace stay absolute. */
function upgradeRunFile(file: unknown): unknown {
  const old = version1.safeParse(file).data
  if (old === undefined) return file
  const manifest = `${workspaceFiles.datasets}/${old.dataset.name}/${datasetFiles.manifest}`
  return {
    ...old,
    version: formatVersions.run,
    dataset: { ...old.dataset, manifest: relative(old.dataset.manifest, manifest) },
    frameCache: relative(old.frameCache, workspaceFiles.frames),
    request: wholeSlot,
  }
}

/**
 * `runs/<id>/run.json`: what the process of a run needs to know, written once at launch. Paths are relative to the workspace.
 */
export const runFile = z.preprocess(upgradeRunFile, currentRunFile)
export type RunFile = z.infer<typeof runFile>

/** `runs/<id>/imported.json`: takes the position of `run.json` in a run whose points were read from files of another program. */
export const importedRunFile = z.object({
  version: z.literal(formatVersions.importedRun),
  id: z.string(),
  pipelineId: slug,
  source: runImportSource.pick({ format: true, path: true, name: true }),
})

/** A run as listed and followed. */
export const run = z.object({
  id: z.string(),
  pipelineId: slug,
  stage: stageSchema,
  dataset: slug,
  labels: slug.nullable(),
  preset: slug,
  status: runStatus,
  /** True from the request to stop until the process has saved and exited. */
  isStopping: z.boolean(),
  /** What was asked of its last process. */
  asked: askedOfProcess.optional(),
  /** True for a queued run that does not start until it is released. */
  isHeld: z.boolean().optional(),
  /** Absent if it is `normal`. */
  priority: runPriority.optional(),
  /** What would be lost if the process of a running run ended now: the steps after `fromStep`, which took `ms`. */
  unsaved: z.object({ fromStep: z.int(), ms: z.number() }).optional(),
  /** True until the process of a running run has begun to compute. */
  isStarting: z.boolean().optional(),
  /** Time since the process last computed a step or wrote something, if that is far longer than usual. */
  stalledMs: z.number().optional(),
  /** What the process of a stalled run waits for, as its heartbeat says. */
  processWaits: wait.optional(),
  /** How the last process ended, if the studio saw it: `exit code 1`, `signal SIGKILL`. */
  exit: z.string().optional(),
  /** Runs whose checkpoint it still waits for. */
  waitsFor: z.array(z.string()),
  /** Why a queued run that waits for no other run has not started: its graphics cards are in use. */
  waitsForCards: z.string().optional(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  attempt: z.int(),
  step: z.int(),
  /** Steps and epochs of the whole run; of one that stopped early, those that it computed. */
  totalSteps: z.int().nullable(),
  epochs: z.int().nullable(),
  /** True for a running run that may end before its last step. */
  mayStopEarly: z.boolean().optional(),
  /** Why it finished before its last epoch. */
  stoppedEarly: earlyStop.optional(),
  /** Samples of one step: batch size × accumulation steps. */
  effectiveBatchSize: z.int().nullable(),
  engine: z.string().nullable(),
  parameters: z.int().nullable(),
  clipsPerSecond: z.number().nullable(),
  /** Time until the last step at the speed of this attempt. */
  remainingMs: z.number().nullable(),
  /** Total computing time of all attempts. */
  durationMs: z.number(),
  checkpointCount: z.int(),
  summaries: z.array(metricSummary),
  result: testResult.nullable(),
  error: errorReport.nullable(),
  organization,
})
export type Run = z.infer<typeof run>

export const logLevel = z.enum(['info', 'warning', 'error'])
export const logLine = z.object({ at: z.string(), level: logLevel, message: z.string() })
export type LogLine = z.infer<typeof logLine>
