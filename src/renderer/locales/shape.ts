/** The same keys as the English catalogue of a room, with sentences of another language. Extra and missing keys are type errors. */
export type Translation<English> = {
  readonly [Key in keyof English]: English[Key] extends string ? string : Translation<English[Key]>
}

/** A room whose translation has begun; keys that are missing show English. Replaced by `Translation` when the room is complete. */
export type Unfinished<English> = {
  readonly [Key in keyof English]?: English[Key] extends string ? string : Unfinished<English[Key]>
}

/** Sentences of the contract, which the command line shows too, by their English text. */
export type ContractTexts = Readonly<Record<string, string>>
