import { PROBLEM_MEDIA_TYPE, problem } from '@leveret/http-contract';
import * as z from 'zod';

const problemResponse = (description: string) => ({
  description,
  content: { [PROBLEM_MEDIA_TYPE]: { schema: problem } },
});

/** What every route may answer beside its own: for its schema, and so for the API description. */
export const problemResponses = {
  '4xx': problemResponse('The request was refused; the code and the detail say why.'),
  '5xx': problemResponse('The request could not be served; the detail says what to do.'),
};

const picture = { schema: z.string().meta({ format: 'binary' }) };

/** One of our pictures, or a part of one. */
export function pictureResponse(description: string) {
  return { description, content: { 'image/webp': picture, 'image/jpeg': picture } };
}

/** An answer without a body. */
export function emptyResponse(description: string) {
  return z.null().describe(description);
}
