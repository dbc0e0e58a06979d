import type { Clock } from '@leveret/core';
import type { LeveretAdminOptions } from '../admin.ts';

/** What the routes of resources work with. */
export type ResourceOptions = Pick<
  LeveretAdminOptions,
  'broker' | 'store' | 'reader' | 'control' | 'version' | 'logger'
> & { readonly clock: Clock };
