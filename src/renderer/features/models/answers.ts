import { type ModelAnswers, modelAnswers } from '#contract/domain/imported-model.ts'
import { familyTitles } from '#contract/domain/model.ts'

/** Families whose tensors have the same names, so that the user has to choose. */
export const familyItems: { value: string; label: string }[] = (['videomae', 'mvd'] as const).map((value) => ({
  value,
  label: familyTitles[value],
}))

/** Text of the input fields. */
export type AnswerTexts = Partial<Record<keyof ModelAnswers, string>>

/** Answers from the input fields; undefined if all are empty or one is not valid. */
export function answersOf(texts: AnswerTexts): ModelAnswers | undefined {
  const given = Object.entries(texts).filter(([, text]) => typeof text === 'string' && text.trim() !== '')
  const answers = modelAnswers.safeParse(
    Object.fromEntries(given.map(([answer, text]) => [answer, answer === 'family' ? text : Number(text)])),
  )
  return given.length > 0 && answers.success ? answers.data : undefined
}
