import type { ImportedModel } from '#contract/domain/imported-model.ts'
import { familyTitles, layoutFacts } from '#contract/domain/model.ts'
import type { Fact } from '../../ui/fact.ts'
import { formatBytes, formatDate } from '../../ui/format.ts'
import { contractText, t } from '../../ui/language.ts'

/** Description of an imported model. */
export function modelFacts({ model, files, createdAt, classes }: ImportedModel): Fact[] {
  const { layout, family, sizes, hasLearnedPositions } = model
  const { width, depth, heads, mlpWidth, patchSize, tubeletSize, imageSize, frames, decoder, epsilon } = sizes
  const clip = [
    frames === null || frames === 1 ? '' : t('models.facts.frames', { count: frames }),
    imageSize === null ? '' : `${imageSize} px`,
  ]
    .filter((part) => part !== '')
    .join(' × ')
  return [
    { label: t('models.facts.model'), value: contractText(layoutFacts[layout].title) },
    {
      label: t('models.facts.positions'),
      value: hasLearnedPositions
        ? t('models.facts.learned')
        : family === null
          ? t('models.facts.unknown')
          : familyTitles[family],
      title: t('models.facts.positionsHelp'),
    },
    { label: t('models.facts.width'), value: `${width} × ${depth}` },
    { label: t('models.facts.heads'), value: heads === null ? t('models.facts.unknown') : String(heads) },
    { label: t('models.facts.mlp'), value: String(mlpWidth) },
    {
      label: t('models.facts.patch'),
      value:
        layout === 'mae' ? `${patchSize} px` : t('models.facts.tubelet', { frames: tubeletSize, pixels: patchSize }),
    },
    ...(clip === '' ? [] : [{ label: t('models.facts.trainedOn'), value: clip }]),
    ...(decoder === null ? [] : [{ label: t('models.facts.decoder'), value: `${decoder.width} × ${decoder.depth}` }]),
    ...(sizes.classes === null
      ? []
      : [
          {
            label: t('models.facts.classes'),
            value: String(sizes.classes),
            ...(classes === null ? {} : { title: classes.join(', ') }),
          },
        ]),
    ...(epsilon === 1e-6 ? [] : [{ label: t('models.facts.epsilon'), value: String(epsilon) }]),
    { label: t('models.facts.size'), value: formatBytes(files.reduce((sum, file) => sum + file.sizeBytes, 0)) },
    { label: t('models.facts.imported'), value: formatDate(createdAt) },
  ]
}
