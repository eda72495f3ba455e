import type { ImportedModel } from '#contract/domain/imported-model.ts'
import { familyTitles, layoutFacts } from '#contract/domain/model.ts'
import type { Fact } from '../../ui/fact.ts'
import { formatBytes, formatDate } from '../../ui/format.ts'

/** Description of an imported model. */
export function modelFacts({ model, files, createdAt, classes }: ImportedModel): Fact[] {
  const { layout, family, sizes, hasLearnedPositions } = model
  const { width, depth, heads, mlpWidth, patchSize, tubeletSize, imageSize, frames, decoder, epsilon } = sizes
  const clip = [frames === null || frames === 1 ? '' : `${frames} frames`, imageSize === null ? '' : `${imageSize} px`]
    .filter((part) => part !== '')
    .join(' × ')
  return [
    { label: 'Model', value: layoutFacts[layout].title },
    {
      label: 'Position table',
      value: hasLearnedPositions ? 'learned' : family === null ? 'unknown' : familyTitles[family],
      title: 'VideoMAE numbers the tokens of a clip; MVD uses time, row and column; MAE uses row and column',
    },
    { label: 'Width × depth', value: `${width} × ${depth}` },
    { label: 'Heads', value: heads === null ? 'unknown' : String(heads) },
    { label: 'MLP', value: String(mlpWidth) },
    { label: 'Patch', value: layout === 'mae' ? `${patchSize} px` : `${tubeletSize} frames × ${patchSize} px` },
    ...(clip === '' ? [] : [{ label: 'Trained on', value: clip }]),
    ...(decoder === null ? [] : [{ label: 'Decoder', value: `${decoder.width} × ${decoder.depth}` }]),
    ...(sizes.classes === null
      ? []
      : [
          {
            label: 'Classes',
            value: String(sizes.classes),
            ...(classes === null ? {} : { title: classes.join(', ') }),
          },
        ]),
    ...(epsilon === 1e-6 ? [] : [{ label: 'Norm epsilon', value: String(epsilon) }]),
    { label: 'Size', value: formatBytes(files.reduce((sum, file) => sum + file.sizeBytes, 0)) },
    { label: 'Imported', value: formatDate(createdAt) },
  ]
}
