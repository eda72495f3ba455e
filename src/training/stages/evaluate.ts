import type { EvaluateConfiguration } from '#contract/configuration/evaluate.ts'
import { StudioError } from '#contract/errors.ts'
import { classifierParameters } from '../model/classifier.ts'
import { parameterCount, selectParameters } from '../model/parameters.ts'
import { labelSetOf } from './classes.ts'
import { classifierConfig } from './finetune.ts'
import type { MeasuringStage, StageContext } from './stage.ts'
import { openViewTest } from './views.ts'

/** The test: several clips and crops of each test video, their softmax averaged. */
export async function evaluateStage(context: StageContext, configuration: EvaluateConfiguration): Promise<MeasuringStage> {
  const { model: origin } = context.inputs
  if (origin?.task.stage !== 'finetune') throw new StudioError('checkpoint-invalid', 'There is no fine-tuned classifier to test.', 'Run the stage finetune first.')
  const model = classifierConfig(origin.task.configuration, context.file.clip, labelSetOf(context).classes.length)
  const specs = classifierParameters(model)
  const test = await openViewTest(context, model, selectParameters(specs, origin.parameters, origin.origin), { ...configuration, split: 'test' })
  return {
    steps: test.steps,
    batchSize: configuration.batchSize,
    parameterCount: parameterCount(specs),
    step: (step) => test.step(step),
    conclude() {
      const { loss: _loss, ...result } = test.conclude()
      return { metrics: { 'test/top1': 100 * result.top1, 'test/top5': 100 * result.top5 }, result }
    },
    [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
  }
}
