import type { ImportedModel } from '#contract/domain/imported-model.ts'
import { familyTitles, layoutTitles } from '#contract/domain/model.ts'
import type { Fact } from '../../ui/fact.ts'
import { formatBytes, formatDate } from '../../ui/format.ts'

/** What is known of an imported model. */
export function modelFacts({ model: { layout, family, sizes }, files, createdAt, classes }: ImportedModel): Fact[] {
  const { width, depth, heads, mlpWidth, patchSize, tubeletSize, imageSize, frames, decoder, epsilon } = sizes
  const clip = [frames === null || frames === 1 ? '' : `${frames} frames`, imageSize === null ? '' : `${imageSize} px`]
    .filter((part) => part !== '')
    .join(' × ')
  return [
    { label: 'Model', value: layoutTitles[layout] },
    {
      label: 'Positions of',
      value: family === null ? 'not known' : familyTitles[family],
      title: 'VideoMAE has a flat position table, MVD one of time, rows and columns, MAE one of rows and columns',
    },
    { label: 'Width × depth', value: `${width} × ${depth}` },
    { label: 'Heads', value: heads === null ? 'not known' : String(heads) },
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
    ...(epsilon === 1e-6 ? [] : [{ label: 'Epsilon of the norms', value: String(epsilon) }]),
    { label: 'Size', value: formatBytes(files.reduce((sum, file) => sum + file.sizeBytes, 0)) },
    { label: 'Imported', value: formatDate(createdAt) },
  ]
}
