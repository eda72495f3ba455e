import { z } from 'zod'
import { type InputRole, modelRef } from '../domain/model-ref.ts'
import './meta.ts'

/** Models that the pipeline does not train itself: imported models, or checkpoints of other runs. */
export const chosenInputs = z.strictObject({
  imageTeacher: modelRef
    .optional()
    .meta({ label: 'Image teacher', help: 'Replaces the image teacher that the pipeline would train.' }),
  videoTeacher: modelRef
    .optional()
    .meta({ label: 'Video teacher', help: 'Replaces the video teacher that the pipeline would train.' }),
  model: modelRef
    .optional()
    .meta({ label: 'Starting point', help: 'Fine-tuned; in a pipeline without fine-tuning, tested.' }),
}) satisfies z.ZodType<Partial<Record<InputRole, string | undefined>>>
export type ChosenInputs = z.infer<typeof chosenInputs>
