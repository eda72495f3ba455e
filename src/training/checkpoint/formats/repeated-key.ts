/**
 * A key that an object of a JSON document has twice; undefined if there is none. `JSON.parse` keeps the last value without a word,
 * other readers the first.
 *
 * @param json a document that `JSON.parse` accepts
 */
export function repeatedKey(json: string): string | undefined {
  /** Keys of the open objects; undefined for an array. */
  const open: (Set<string> | undefined)[] = []
  const tokens = /[{}[\]]|"(?:[^"\\]|\\.)*"(\s*:)?/gs
  for (const [token, colon] of json.matchAll(tokens)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (colon !== undefined) {
      // Written differently, `"a"` and `"\u0061"` are the same key.
      const key = JSON.parse(token.slice(0, -colon.length)) as string
      const keys = open.at(-1)
      if (keys?.has(key) === true) return key
      keys?.add(key)
    }
  }
  return undefined
}
