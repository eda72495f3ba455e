import { colours } from '../domain/organization.ts'
import { variantOf } from '../domain/pipeline.ts'
import { lastingStateOf, lastingStates } from '../domain/run-state.ts'
import { type Run, runStatuses } from '../domain/run.ts'
import { stageNames, stageTitles } from '../stages/index.ts'
import { flagValues } from './key.ts'
import type { PipelineFacts } from './parameter-keys.ts'
import type { CoreKey } from './run-key.ts'

const millisecondsPerSecond = 1000

/** Tags of a run and of its pipeline, sorted. */
const tagsOf = (run: Run, pipeline: PipelineFacts | undefined): string[] =>
  [...new Set([...run.organization.tags, ...(pipeline?.organization?.tags ?? [])])].toSorted()

const organizationGroup = 'Organization'

/** Keys of every run besides hyperparameters and metrics. */
export const coreRunKeys = {
  run: { label: 'Run', kind: 'text', help: 'Id of the run.', read: (run) => run.id },
  pipeline: {
    label: 'Pipeline',
    kind: 'text',
    help: 'Id of the pipeline.',
    isOffered: true,
    read: (run) => run.pipelineId,
  },
  stage: {
    label: 'Stage',
    kind: 'text',
    help: 'Stage of the pipeline, by its id or its title.',
    options: stageNames,
    titles: stageTitles,
    read: (run) => run.stage,
  },
  status: {
    label: 'Status',
    kind: 'text',
    help: 'Status of the run.',
    options: runStatuses,
    read: (run) => run.status,
  },
  state: {
    label: 'State',
    kind: 'text',
    help: 'Status of the run, or held, paused or diverged.',
    options: lastingStates,
    read: lastingStateOf,
  },
  dataset: {
    label: 'Dataset',
    kind: 'text',
    help: 'Dataset of the pipeline.',
    isOffered: true,
    read: (run) => run.dataset,
  },
  labels: {
    label: 'Label set',
    kind: 'text',
    help: 'Label set of the dataset.',
    isOffered: true,
    read: (run) => run.labels,
  },
  preset: {
    label: 'Preset',
    kind: 'text',
    help: 'Preset of the pipeline.',
    isOffered: true,
    read: (run) => run.preset,
  },
  group: {
    label: 'Sweep',
    kind: 'text',
    help: 'Sweep that launched the pipeline.',
    isOffered: true,
    read: (_run, pipeline) => pipeline?.group ?? null,
  },
  variant: {
    label: 'Variant',
    kind: 'text',
    help: 'Hyperparameters that the sweep of the pipeline varies, or that were changed when it was launched again, without the seed.',
    isOffered: true,
    read: (_run, pipeline) => variantOf(pipeline?.overrides),
  },
  fromRun: {
    label: 'Made from run',
    kind: 'text',
    help: 'Run from which the pipeline was launched again.',
    isOffered: true,
    read: (_run, pipeline) => pipeline?.fromRun ?? null,
  },
  stoppedEarly: {
    label: 'Stopped early',
    kind: 'flag',
    help: 'Whether it finished before its last epoch, because a metric no longer improved.',
    options: flagValues,
    read: ({ stoppedEarly }) => (stoppedEarly === undefined ? 0 : 1),
  },
  source: {
    label: 'Imported from',
    kind: 'text',
    help: 'Path of the event files or of the store from which the run was imported.',
    isOffered: true,
    read: (_run, pipeline) => pipeline?.imported?.path ?? null,
  },
  engine: {
    label: 'Engine',
    kind: 'text',
    help: 'Engine that computes the run. The engine asked for is general.engine.',
    isOffered: true,
    read: (run) => run.engine,
  },
  name: {
    label: 'Name',
    kind: 'text',
    help: 'Name of the run, else of its pipeline.',
    group: organizationGroup,
    read: ({ organization }, pipeline) => organization.name ?? pipeline?.organization?.name ?? null,
  },
  tag: {
    label: 'Tags',
    kind: 'text',
    help: 'Tags of the run and of its pipeline.',
    group: organizationGroup,
    read: (run, pipeline) => tagsOf(run, pipeline).join(', ') || null,
    readAll: tagsOf,
  },
  note: {
    label: 'Note',
    kind: 'text',
    help: 'Note on the run, else on its pipeline.',
    group: organizationGroup,
    read: ({ organization }, pipeline) => organization.note || pipeline?.organization?.note || null,
  },
  colour: {
    label: 'Colour',
    kind: 'text',
    help: 'Colour of the run, else of its pipeline.',
    group: organizationGroup,
    options: colours,
    read: ({ organization }, pipeline) => organization.colour ?? pipeline?.organization?.colour ?? null,
  },
  star: {
    label: 'Starred',
    kind: 'flag',
    help: 'Whether the run or its pipeline has a star.',
    group: organizationGroup,
    options: flagValues,
    read: ({ organization }, pipeline) =>
      organization.isStarred || pipeline?.organization?.isStarred === true ? 1 : 0,
  },
  archived: {
    label: 'Archived',
    kind: 'flag',
    help: 'Whether the run or its pipeline is archived.',
    group: organizationGroup,
    options: flagValues,
    read: ({ organization }, pipeline) =>
      organization.isArchived || pipeline?.organization?.isArchived === true ? 1 : 0,
  },
  created: {
    label: 'Launched',
    kind: 'time',
    help: 'Time of the launch.',
    read: (run) => run.createdAt,
  },
  started: {
    label: 'Started',
    kind: 'time',
    help: 'Start of the first attempt.',
    read: (run) => run.startedAt,
  },
  ended: {
    label: 'Ended',
    kind: 'time',
    help: 'End of the last attempt.',
    read: (run) => run.endedAt,
  },
  duration: {
    label: 'Duration',
    kind: 'number',
    unit: 's',
    help: 'Computing time of all attempts: 90s, 30min, 2h, 1.5d.',
    read: (run) => run.durationMs / millisecondsPerSecond,
  },
  step: { label: 'Step', kind: 'number', help: 'Last recorded step.', read: (run) => run.step },
  steps: {
    label: 'Steps',
    kind: 'number',
    help: 'Steps of the whole run; unknown before its start. Of a run that stopped early, those that it computed.',
    read: (run) => run.totalSteps,
  },
  epochs: {
    label: 'Epochs',
    kind: 'number',
    help: 'Epochs of the whole run; unknown before its start. Of a run that stopped early, those that it computed.',
    read: (run) => run.epochs,
  },
  attempt: {
    label: 'Attempts',
    kind: 'number',
    help: 'Processes that have computed the run.',
    read: (run) => run.attempt,
  },
  effectiveBatchSize: {
    label: 'Effective batch size',
    kind: 'number',
    unit: 'samples',
    help: 'Samples of one step.',
    read: (run) => run.effectiveBatchSize,
  },
  parameters: {
    label: 'Parameters',
    kind: 'number',
    help: 'Trainable parameters.',
    read: (run) => run.parameters,
  },
  checkpoints: {
    label: 'Checkpoints',
    kind: 'number',
    help: 'Number of checkpoints.',
    read: (run) => run.checkpointCount,
  },
} as const satisfies Record<string, CoreKey>

export type CoreRunKey = keyof typeof coreRunKeys
export const coreKey = (key: CoreRunKey): CoreKey => coreRunKeys[key]
export const isCoreRunKey = (key: string): key is CoreRunKey => Object.hasOwn(coreRunKeys, key)
