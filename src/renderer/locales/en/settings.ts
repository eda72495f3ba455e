export default {
  appearance: {
    title: 'Appearance',
    theme: 'Theme',
    language: 'Language',
    system: 'System',
    light: 'Light',
    dark: 'Dark',
    failed: 'The language could not be loaded',
  },
} as const
