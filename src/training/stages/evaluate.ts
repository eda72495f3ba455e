import { StudioError } from '#contract/api/errors.ts'
import { formatQuantity } from '#contract/format.ts'
import type { EvaluateConfiguration } from '#contract/stages/evaluate.ts'
import { classifierParameters } from '../model/classifier.ts'
import { classifierConfig } from '../model/layouts/classifier.ts'
import { parameterCount, selectParameters } from '../model/parameters.ts'
import { requireFit } from '../model/trained-model.ts'
import { requireLabelSet, type MeasuringStage, type StageContext } from './stage.ts'
import { openViewTest } from './views.ts'

/** The test: several clips and crops of each test video, their scores averaged. */
export async function evaluateStage(
  context: StageContext,
  configuration: EvaluateConfiguration,
): Promise<MeasuringStage> {
  const { model: origin } = context.inputs
  if (origin === undefined)
    throw new StudioError(
      'checkpoint-invalid',
      'There is no fine-tuned classifier to test.',
      'Run the stage finetune first.',
    )
  requireFit('test', origin, context.clip)
  const { name, classes } = requireLabelSet(context)
  const model = classifierConfig(origin.model, context.clip, origin.origin)
  if (model.classes !== classes.length) {
    throw new StudioError(
      'configuration-invalid',
      `${origin.origin} has ${formatQuantity(model.classes, 'class', 'classes')}; the label set ${name} has ${classes.length}.`,
      'Choose another label set, or fine-tune the model on this one first.',
    )
  }
  const specs = classifierParameters(model)
  const test = await openViewTest(context, model, selectParameters(specs, origin.parameters, origin.origin), {
    ...configuration,
    split: 'test',
  })
  return {
    steps: test.steps,
    batchSize: configuration.batchSize,
    parameterCount: parameterCount(specs),
    step: (step) => test.step(step),
    conclude() {
      const { loss: _loss, ...measured } = test.conclude()
      const { trainingVideos } = origin
      const result = { ...measured, ...(trainingVideos === undefined ? {} : { trainingVideos: [...trainingVideos] }) }
      const { top1, top5 } = result
      return { metrics: { 'test/top1': 100 * top1, ...(top5 === null ? {} : { 'test/top5': 100 * top5 }) }, result }
    },
    [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
  }
}
