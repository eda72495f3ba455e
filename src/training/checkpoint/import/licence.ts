import { familyTitles, type ModelDescription } from '#contract/domain/model.ts'

/**
 * Licence notes of an imported model, inherited by every model trained from it. A file reveals its layout but not who trained it, so the
 * note says when it applies.
 */
export function licenceNotesOf(
  name: string,
  file: string,
  { layout, family }: Pick<ModelDescription, 'layout' | 'family'>,
): string[] {
  const owner = family === null || layout === 'mvd-student' ? 'VideoMAE and MVD' : familyTitles[family]
  return [
    `Made with ${name} (imported from ${file}), in the layout of ${owner}, whose published weights are under CC BY-NC 4.0: attribution, no commercial use. Weights that you trained yourself are your own.`,
  ]
}
