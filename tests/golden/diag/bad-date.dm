withdrawn(us) on 2021-02-30.
withdrawn(us) on 2021-4-1.
withdrawn(us) on 2021.
withdrawn(us) on d"spring".
withdrawn(us) during 2021-05..2021-04.
withdrawn(us) on 2021-13.
