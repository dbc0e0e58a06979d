export { FILTER_TERMS, type FilterTermName, type FilterTermRule } from './filter-terms.ts';
export { formatFilter } from './format-filter.ts';
export { parseFilter } from './parse-filter.ts';
export { MAX_FILTER_LENGTH, scanTerms, type Term } from './scan-terms.ts';
