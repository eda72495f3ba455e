import { familyTitles, type ModelDescription } from '#contract/domain/model.ts'

/**
 * What is to be said of weights from elsewhere, and of all that will descend from them. A file tells a layout, not who trained
 * it, so the note says under which condition it holds.
 */
export function licenceNotesOf(
  name: string,
  file: string,
  { layout, family }: Pick<ModelDescription, 'layout' | 'family'>,
): string[] {
  const owner = family === null || layout === 'mvd-student' ? 'VideoMAE and MVD' : familyTitles[family]
  return [
    `Made with ${name} (imported from ${file}), in the layout of ${owner}, whose published weights are under CC BY-NC 4.0: name the authors, no commercial use. Weights that you trained yourself are your own.`,
  ]
}
