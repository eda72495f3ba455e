import type { Checkpoint } from '../domain/checkpoint.ts'
import type { ImportedModel } from '../domain/imported-model.ts'
import { decodeMetric, describeMetric, type MetricName, sortMetrics } from '../domain/metric.ts'
import {
  describeModel,
  familyTitles,
  layoutFacts,
  modelFamilies,
  type ModelDescription,
  modelLayouts,
} from '../domain/model.ts'
import { stageNames, stageTitles } from '../stages/index.ts'
import type { Fields } from './evaluate.ts'
import { flagValues, type KeyValue, offeredValues, type QueryKey } from './key.ts'
import { dotted } from './metric-keys.ts'
import { parameterKeys, parameterOfRun, parameterSource, type PipelineFacts } from './parameter-keys.ts'

/** A key of checkpoints or imported models, with how each is read. */
interface ModelKey extends Pick<QueryKey, 'label' | 'kind' | 'help'> {
  readonly unit?: string
  readonly titles?: Readonly<Record<string, string>>
  readonly options?: readonly string[]
  readonly isOffered?: boolean
  readonly ofCheckpoint?: (checkpoint: Checkpoint) => KeyValue
  readonly ofModel?: (model: ImportedModel) => KeyValue
}

const layoutTitles = Object.fromEntries(modelLayouts.map((layout) => [layout, layoutFacts[layout].title]))
const both = (read: (model: ModelDescription) => KeyValue): Pick<ModelKey, 'ofCheckpoint' | 'ofModel'> => ({
  ofCheckpoint: ({ model }) => read(model),
  ofModel: ({ model }) => read(model),
})

const modelKeys: Readonly<Record<string, ModelKey>> = {
  run: { label: 'Run', kind: 'text', help: 'Run that saved it.', isOffered: true, ofCheckpoint: ({ runId }) => runId },
  pipeline: {
    label: 'Pipeline',
    kind: 'text',
    help: 'Pipeline of the run.',
    isOffered: true,
    ofCheckpoint: ({ pipelineId }) => pipelineId,
  },
  stage: {
    label: 'Stage',
    kind: 'text',
    help: 'Stage of the run, by its id or its title.',
    options: stageNames,
    titles: stageTitles,
    ofCheckpoint: ({ stage }) => stage,
  },
  dataset: {
    label: 'Dataset',
    kind: 'text',
    help: 'Dataset of the run.',
    isOffered: true,
    ofCheckpoint: ({ dataset }) => dataset,
  },
  step: { label: 'Step', kind: 'number', help: 'Step of the checkpoint.', ofCheckpoint: ({ step }) => step },
  epoch: { label: 'Epoch', kind: 'number', help: 'Epoch of the checkpoint.', ofCheckpoint: ({ epoch }) => epoch },
  created: {
    label: 'Saved',
    kind: 'time',
    help: 'Time at which it was saved.',
    ofCheckpoint: ({ createdAt }) => createdAt,
  },
  size: {
    label: 'Size',
    kind: 'number',
    unit: 'B',
    help: 'Size of its files: 500MiB, 2GiB.',
    ofCheckpoint: ({ sizeBytes }) => sizeBytes,
  },
  final: {
    label: 'Final',
    kind: 'flag',
    help: 'Whether it is the result of a finished run: its newest one, or with early stopping its best one.',
    ofCheckpoint: ({ isFinal }) => (isFinal ? 1 : 0),
  },
  name: {
    label: 'Name',
    kind: 'text',
    help: 'Name of an imported model.',
    isOffered: true,
    ofModel: ({ name }) => name,
  },
  source: { label: 'Source', kind: 'text', help: 'File of an imported model.', ofModel: ({ source }) => source.path },
  layout: {
    label: 'Layout',
    kind: 'text',
    help: 'Kind of the model.',
    options: modelLayouts,
    titles: layoutTitles,
    ...both(({ layout }) => layout),
  },
  family: {
    label: 'Family',
    kind: 'text',
    help: 'Whose position table the model has.',
    options: modelFamilies,
    titles: familyTitles,
    ...both(({ family }) => family),
  },
}

/**
 * What a filter of checkpoints and imported models looks into: their own keys, the hyperparameters on which checkpoints depend,
 * and the metrics at their step.
 */
export function checkpointFields(
  checkpoints: readonly Checkpoint[],
  models: readonly ImportedModel[],
  pipelines: readonly PipelineFacts[],
): { readonly checkpoints: Fields<Checkpoint>; readonly models: Fields<ImportedModel> } {
  const pipelineOf = new Map(pipelines.map((pipeline) => [pipeline.id, pipeline]))
  const metrics = sortMetrics(checkpoints.flatMap((checkpoint) => Object.keys(checkpoint.metrics)))
  const metricOf = new Map(metrics.map((metric) => [dotted(metric), metric]))
  const keys = [
    ...Object.entries(modelKeys).map(([key, of]) => ownKey(key, of, checkpoints, models)),
    ...parameterKeys(checkpoints, pipelines),
    ...metrics.map(metricKey),
  ]
  const valueOf = (key: string, checkpoint: Checkpoint): KeyValue => {
    if (Object.hasOwn(modelKeys, key)) return modelKeys[key]?.ofCheckpoint?.(checkpoint) ?? null
    const parameter = parameterSource(key)
    if (parameter !== undefined) return parameterOfRun(checkpoint, pipelineOf.get(checkpoint.pipelineId), parameter)
    const metric = metricOf.get(key)
    const value = metric === undefined ? undefined : checkpoint.metrics[metric]
    return value === undefined ? null : decodeMetric(value)
  }
  return {
    checkpoints: {
      keys,
      valueOf,
      text: ({ id, pipelineId, stage, dataset, model }) =>
        [id, pipelineId, stage, stageTitles[stage], dataset, describeModel(model)].join(' '),
    },
    models: {
      keys,
      valueOf: (key, model) => (Object.hasOwn(modelKeys, key) ? (modelKeys[key]?.ofModel?.(model) ?? null) : null),
      text: ({ name, model, source }) => [name, describeModel(model), source.path].join(' '),
    },
  }
}

function ownKey(
  key: string,
  { label, kind, help, unit = '', titles, options, isOffered, ofCheckpoint, ofModel }: ModelKey,
  checkpoints: readonly Checkpoint[],
  models: readonly ImportedModel[],
): QueryKey {
  const present = () => [
    ...(ofCheckpoint === undefined ? [] : checkpoints.map(ofCheckpoint)),
    ...(ofModel === undefined ? [] : models.map(ofModel)),
  ]
  const values = kind === 'flag' ? flagValues : (options ?? (isOffered === true ? offeredValues(present()) : []))
  return {
    key,
    label,
    kind,
    unit,
    help,
    group: 'Checkpoint',
    values,
    ...(titles === undefined ? {} : { titles }),
    ...(options === undefined ? {} : { isComplete: true }),
  }
}

function metricKey(metric: MetricName): QueryKey {
  const { label, unit } = describeMetric(metric)
  return {
    key: dotted(metric),
    label,
    kind: 'number',
    unit,
    help: 'At the step of the checkpoint.',
    group: 'Metrics',
    values: [],
  }
}
