import { samplesOf } from '#contract/domain/dataset.ts'
import type { EvaluateConfiguration } from '#contract/stages/evaluate.ts'
import { clipSpec, floatTensor } from '../data/batch-tensors.ts'
import { evaluationViews, loadViews, type ViewSettings } from '../data/batches/views.ts'
import type { InferenceProgram, InferenceSession } from '../engine/program/engine.ts'
import { type ClassifierConfig, classify } from '../model/classifier.ts'
import { weightsOf } from '../model/parameters.ts'
import { ViewAverage } from '../objective/accuracy.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import { sourceOf } from './data.ts'
import { requireLabelSet, type StageContext } from './stage.ts'

/** Tests a classifier view by view. */
export interface ViewTest extends AsyncDisposable {
  readonly steps: number
  /** Computes the views of one step, counted from 0. */
  step(step: number): Promise<void>
  conclude(): ReturnType<ViewAverage['conclude']>
}

/** Views of a test, averaged by softmax unless `viewAverage` says otherwise. */
export type ViewTestSettings = ViewSettings & Partial<Pick<EvaluateConfiguration, 'viewAverage'>>

/**
 * Compiles the classifier for batches of views of the labelled videos of a split. A step of the test throws StudioError `diverged` if a
 * score is NaN or infinite.
 */
export async function openViewTest(
  context: StageContext,
  model: ClassifierConfig,
  parameters: NamedHostTensors,
  settings: ViewTestSettings,
): Promise<ViewTest> {
  const { name, classes } = requireLabelSet(context)
  const views = evaluationViews(sourceOf(context), name, context.clip, settings)
  const loader = loadViews(views)
  const session: InferenceSession = await context.engine.inference(
    classifierProgram(model, settings.batchSize),
    parameters,
  )
  const average = new ViewAverage(classes, settings.viewAverage)
  return {
    steps: views.steps,
    async step(step) {
      const { video, labels, samples, views: names } = await loader.take(step)
      const { logits } = await session.run({ video: floatTensor(clipSpec(settings.batchSize, model).shape, video) })
      samples.forEach(({ id, video: { path } }, row) =>
        average.add(
          { id, path, view: names[row] ?? '' },
          labels[row] ?? -1,
          logits?.data.subarray(row * classes.length, (row + 1) * classes.length) ?? [],
        ),
      )
    },
    conclude: () => average.conclude(),
    async [Symbol.asyncDispose]() {
      loader[Symbol.dispose]()
      await session.dispose()
    },
  }
}

export const hasLabelled = (context: StageContext, split: ViewSettings['split']): boolean =>
  samplesOf(context.manifest, { split, labelSet: requireLabelSet(context).name }).length > 0

/** Class scores of a batch of views: video [B, 3, T, S, S] -> logits [B, classes]. */
export function classifierProgram(model: ClassifierConfig, batchSize: number): InferenceProgram {
  return {
    name: 'classifier',
    inputs: { video: clipSpec(batchSize, model) },
    run: (parameters, inputs) => ({ logits: classify(model, weightsOf(parameters), weightsOf(inputs)('video')) }),
  }
}
