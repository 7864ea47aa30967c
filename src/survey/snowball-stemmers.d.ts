/** The package comes without types. */
declare module 'snowball-stemmers' {
  interface Stemmer {
    stem(word: string): string;
  }
  const snowball: { newStemmer(language: 'swedish'): Stemmer };
  export = snowball;
}
