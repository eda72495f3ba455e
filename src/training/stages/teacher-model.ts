import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import { teacherCrop } from '#contract/domain/fit.ts'
import { imageEncoderOf } from '../checkpoint/names/model-config.ts'
import { clipEncoderParameters } from '../model/classifier.ts'
import { imageEncoderParameters } from '../model/image-autoencoder.ts'
import { selectParameters } from '../model/parameters.ts'
import { imagePositions } from '../model/positions.ts'
import type { ClipTeacherConfig, ImageTeacherConfig } from '../model/teachers.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import type { TrainedModel } from './stage.ts'
import { clipPositionsOf, encoderOf, requireFit } from './trained-model.ts'

/** A frozen encoder that teaches: one that sees the first frame of each tubelet, or one that sees the clip. */
export type TeacherModel =
  | { readonly kind: 'image'; readonly config: ImageTeacherConfig; readonly parameters: NamedHostTensors }
  | { readonly kind: 'clip'; readonly config: ClipTeacherConfig; readonly parameters: NamedHostTensors }

/**
 * Any trained model as a teacher for such clips, which it sees at the crop that gives it the student's grid.
 * @throws StudioError `configuration-invalid` where its tokens cannot match the student's, `checkpoint-invalid` where something of it is missing.
 */
export function teacherModel(trained: TrainedModel, clip: ClipConfiguration): TeacherModel {
  requireFit('teach', trained, clip)
  const { origin, parameters, model } = trained
  const { frames, tubeletSize } = clip
  const encoder = imageEncoderOf(model.sizes, teacherCrop(model, clip), origin)
  if (model.layout === 'mae') {
    const config = { ...encoder, frames, tubeletSize }
    const table = withTable(parameters, config.width, config.imageSize / config.patchSize)
    return { kind: 'image', config, parameters: selectParameters(imageEncoderParameters(config), table, origin) }
  }
  const config = {
    ...encoder,
    frames,
    tubeletSize,
    hasClassToken: model.sizes.hasClassToken,
    positions: clipPositionsOf(trained),
  }
  return {
    kind: 'clip',
    config,
    parameters: selectParameters(clipEncoderParameters(config), encoderOf(model.layout, parameters), origin),
  }
}

/** The tensors with a position table for `side` x `side` patches, computed anew where the file's is for another grid. */
function withTable(parameters: NamedHostTensors, width: number, side: number): NamedHostTensors {
  const rows = 1 + side * side
  if (parameters['pos_embed']?.shape[1] === rows) return parameters
  return { ...parameters, pos_embed: { shape: [1, rows, width], dtype: 'float32', data: imagePositions(width, side) } }
}
