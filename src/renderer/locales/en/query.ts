export default {
  suggestions: '{label}: suggestions',
  help: {
    and: 'both match',
    or: 'one of them matches',
    not: 'the next term does not match',
    has: 'has a value for a key',
    is: 'a flag is on',
    equal: 'equal',
    other: 'another value',
    several: 'one of several',
    greater: 'greater',
    atLeast: 'at least',
    less: 'less',
    atMost: 'at most',
    key: '{label}, {unit}',
  },
} as const
