import { StudioError } from '#contract/api/errors.ts'
import type { TaskInput } from '#contract/api/tasks.ts'
import { slug } from '#contract/domain/dataset.ts'
import type { Preset } from '#contract/domain/pipeline.ts'
import type { RunFile } from '#contract/domain/run.ts'
import type { SeenClip, SeenClipRequest } from '#contract/domain/seen-clip.ts'
import { needsLabels, stageConfigurationOf } from '#contract/stages/index.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'
import type { Datasets } from '../datasets/service.ts'
import type { RunTask } from '../executors/task.ts'
import { requirePreset } from './presets.ts'

export interface SeenClipsOptions {
  readonly runTask: RunTask
  readonly presets: () => Preset[]
  readonly models: { readonly run: (id: string) => { readonly file: RunFile } }
  readonly datasets: Pick<Datasets, 'manifestFile' | 'get'>
  readonly workspace: Pick<WorkspacePaths, 'frames'>
}

/** What training takes of samples. */
export class SeenClips {
  readonly #options: SeenClipsOptions

  constructor(options: SeenClipsOptions) {
    this.#options = options
  }

  /**
   * What a run, or a stage of a preset, takes of a sample in an epoch.
   * @throws StudioError `preset-unknown`, `not-found`, or `bad-request` if the run or the label set is of another dataset
   */
  see(request: SeenClipRequest, signal?: AbortSignal): Promise<SeenClip> {
    return this.#options.runTask(
      'see-clip',
      seenClipTask(request, this.#options),
      signal === undefined ? {} : { signal },
    )
  }
}

/** The task that shows it. */
export function seenClipTask(
  { dataset, sample, of, epoch }: SeenClipRequest,
  { presets, models, datasets, workspace }: Omit<SeenClipsOptions, 'runTask'>,
): TaskInput<'see-clip'> {
  const { labelSets, exclusions } = datasets.get(dataset)
  const common = { manifest: datasets.manifestFile(dataset), frameCache: workspace.frames, sample, epoch }
  if (of.kind === 'run') {
    const run = models.run(of.id).file
    if (run.dataset.name !== dataset)
      throw new StudioError(
        'bad-request',
        `The run ${of.id} trains on ${run.dataset.name}, not on ${dataset}.`,
        `Choose a run on ${dataset}, or a preset.`,
      )
    const { general, clip, task } = run
    const manifest = datasets.manifestFile(dataset, run.dataset.digest)
    return {
      ...common,
      manifest,
      exclusions: run.dataset.exclusions,
      splitSet: general.splitSet,
      seed: general.seed,
      clip,
      task,
      labels: run.dataset.labels,
    }
  }
  const { configuration } = requirePreset(presets(), of.name)
  const names = labelSets.map(({ name }) => name)
  const labels = of.labels ?? (needsLabels(of.stage) ? names[0] : undefined) ?? null
  if (labels !== null && !names.includes(slug.parse(labels)))
    throw new StudioError(
      'bad-request',
      `The dataset ${dataset} has no label set ${labels}.`,
      `Choose one of: ${names.join(', ')}.`,
    )
  const { general, clip } = configuration
  return {
    ...common,
    exclusions,
    splitSet: general.splitSet,
    seed: of.seed ?? general.seed,
    clip,
    task: stageConfigurationOf(of.stage, configuration),
    labels,
  }
}
