"""What stands before LMDeploy's API server: requests that would end its engine, stop it for everybody, or be misread.

LMDeploy 0.18.0 answers most bad requests well.  Here are those that it does not, each rule with what happens without
it, tried on the CPU device; they get a 4xx with a reason, in the shape in which LMDeploy itself would answer.  Good
requests pass unchanged, and no answer is touched.  The guard comes after LMDeploy's own check of the key.
"""
