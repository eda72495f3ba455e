/**
 * A command as text that a person can paste into a shell, with its words quoted where they need it. On Windows the text works in
 * PowerShell, and in cmd unless a word holds `$` or a backtick, which only PowerShell can quote.
 */
export function commandLine(words: readonly string[], platform: NodeJS.Platform = process.platform): string {
  return words.map(platform === 'win32' ? quoteForWindows : quoteForPosix).join(' ')
}

/** Characters that no shell interprets. */
const plain = /^[\p{L}\p{N}\p{M}_./:=,@+-]+$/u

function quoteForPosix(word: string): string {
  return plain.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

function quoteForWindows(word: string): string {
  if (plain.test(word.replaceAll('\\', '/')) && !/[,@]/.test(word)) return word
  if (/[$`"]/.test(word)) return `'${word.replaceAll("'", "''")}'`
  // Programs read a backslash before the closing quote as part of it.
  return `"${word.replace(/\\+$/, '$&$&')}"`
}
