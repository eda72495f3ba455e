/** The same keys as the English catalogue of a room, with sentences of another language. Extra and missing keys are type errors. */
export type Translation<English> = {
  readonly [Key in keyof English]: English[Key] extends string ? string : Translation<English[Key]>
}

/** Sentences of the contract, which the command line shows too, by their English text. */
export type ContractTexts = Readonly<Record<string, string>>
