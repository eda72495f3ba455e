import { copyFileSync, linkSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { CheckpointCard } from '#contract/domain/checkpoint.ts'
import type { UsedExclusions } from '#contract/domain/dataset.ts'
import { sameExclusions } from '#contract/domain/exclusions.ts'
import { checkpointId, type Continuation } from '#contract/domain/model-ref.ts'
import type { RunFile } from '#contract/domain/run.ts'
import { checkpointFiles, checkpointFolder, runFiles } from '#contract/layout.ts'
import { stageTitles } from '#contract/stages/index.ts'
import { writeJson } from '#node/json-file.ts'
import type { ModelSources } from './chosen.ts'

/** The checkpoint from which the first run of a pipeline continues. */
export interface Continued {
  readonly folder: string
  readonly card: CheckpointCard
}

/**
 * Fields of a stage that may differ from those with which the checkpoint was trained. Any other would change its tensors, or which videos
 * its next step sees.
 */
const free: ReadonlySet<string> = new Set([
  'epochs',
  'learningRate',
  'minLearningRate',
  'warmupEpochs',
  'weightDecay',
  'beta1',
  'beta2',
  'clipGradient',
  'recomputeBlocks',
  'patience',
  'minImprovement',
  'monitor',
  // Decides on initial weights only.
  'initialization',
])

/** What a pipeline is about to compute. */
export interface Planned {
  readonly configuration: PipelineConfiguration
  readonly labels: string | null
  readonly datasetDigest: string
  readonly exclusions: UsedExclusions | undefined
}

/**
 * Finds the checkpoint from which a pipeline continues.
 * @throws StudioError `not-found`; `configuration-invalid` if training cannot continue from it with these settings
 */
export function resolveContinuation(
  { run, step }: Continuation,
  planned: Planned,
  sources: Pick<ModelSources, 'run' | 'find'>,
): Continued {
  const id = checkpointId(run, step)
  const found = sources.find(id)
  const problem =
    found.kind === 'checkpoint' ? whyNot(found.card, sources.run(run).file, planned) : 'it is no checkpoint of a run'
  if (found.kind !== 'checkpoint' || problem !== undefined)
    throw new StudioError(
      'configuration-invalid',
      `continues: the pipeline cannot continue from ${id}: ${problem}.`,
      'Change it back, or launch the pipeline without continuing a run.',
    )
  return { folder: found.folder, card: found.card }
}

function whyNot(
  card: CheckpointCard,
  source: RunFile,
  { configuration, labels, datasetDigest, exclusions }: Planned,
): string | undefined {
  const [stage] = configuration.stages
  if (stage === undefined || stage !== card.task.stage)
    return `its stage is ${stageTitles[card.task.stage]}, and the first one of the pipeline is ${stage === undefined ? 'missing' : stageTitles[stage]}`
  const before: Record<string, unknown> = card.task.configuration
  const after: Record<string, unknown> = configuration[stage]
  const changed = Object.keys(after).filter((key) => !free.has(key) && !isDeepStrictEqual(before[key], after[key]))
  if (changed.length > 0) return `${changed.map((key) => `${stage}.${key}`).join(', ')} must be as in that run`
  if (!isDeepStrictEqual(card.clip, configuration.clip)) return 'the section clip must be as in that run'
  if (source.general.seed !== configuration.general.seed)
    return `general.seed must be ${source.general.seed} as in that run`
  if (source.general.splitSet !== configuration.general.splitSet) return 'general.splitSet must be as in that run'
  if (source.dataset.digest !== datasetDigest) return 'the dataset must be the one of that run'
  if (!sameExclusions(source.dataset.exclusions, exclusions))
    return 'the excluded samples of the dataset must be those of that run'
  if (card.classes !== null && source.dataset.labels !== labels)
    return `the label set must be ${source.dataset.labels} as in that run`
  const { epochs } = configuration[stage] as { epochs?: number }
  return epochs !== undefined && epochs <= card.epoch ? `it has all ${epochs} epochs already` : undefined
}

/**
 * Gives a run that has not started a checkpoint of another one: its files are linked, or copied if the file system has no links. They are
 * never changed, so that either run may be deleted.
 */
export function adoptCheckpoint({ folder, card }: Continued, runFolder: string, runId: string): void {
  const own = join(runFolder, runFiles.checkpoints, checkpointFolder(card.step))
  mkdirSync(own, { recursive: true })
  for (const { name } of card.files) linkOrCopy(join(folder, name), join(own, name))
  writeJson(join(own, checkpointFiles.card), { ...card, runId })
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (cause) {
    if (!['EXDEV', 'EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(systemCode(cause) ?? '')) throw cause
    copyFileSync(from, to)
  }
}
