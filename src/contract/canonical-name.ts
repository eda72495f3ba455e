/** Soft hyphen, zero-width space and byte order mark, which are not visible and remain when text is copied. */
const invisible = /[\u00AD\u200B\uFEFF]/gu

/**
 * A name as a person sees it: composed letters (Unicode NFC), one blank between words, none around them, no invisible characters.
 * Two names with the same result cannot be told apart on a screen.
 */
export function canonicalName(name: string): string {
  return name.normalize('NFC').replaceAll(invisible, '').replaceAll(/\s+/gu, ' ').trim()
}
