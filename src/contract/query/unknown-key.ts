import { formatAlternatives } from '../format.ts'
import { nearest } from '../nearest.ts'
import type { QueryKey } from './key.ts'

/** Keys named at most: those that may be meant, and examples if none is near. */
const maxSuggested = 4
const maxListed = 8

/** A sentence for a key that does not exist: those with this last part, the nearest one, those with the nearest last part, or some of all. */
export function unknownKey(name: string, keys: readonly QueryKey[]): string {
  const names = keys.map(({ key }) => key)
  const meant = meantBy(name, names)
  const hint =
    meant.length > 0
      ? `Did you mean ${formatAlternatives(meant)}?`
      : names.length <= maxListed
        ? `Keys are ${names.join(', ')}.`
        : `Keys are ${names.slice(0, maxListed).join(', ')} and ${names.length - maxListed} more.`
  return `There is no key ${name === '' ? 'without a name' : name}. ${hint}`
}

function meantBy(name: string, names: readonly string[]): string[] {
  const endings = endingIn(name, names)
  if (endings.length > 0) return endings
  const near = nearest(name, names)
  if (near !== undefined) return [near]
  const nearEnding = nearest(
    name,
    names.map((key) => key.slice(key.lastIndexOf('.') + 1)),
  )
  return nearEnding === undefined ? [] : endingIn(nearEnding, names)
}

const endingIn = (part: string, names: readonly string[]): string[] =>
  names.filter((key) => key.toLowerCase().endsWith(`.${part.toLowerCase()}`)).slice(0, maxSuggested)
